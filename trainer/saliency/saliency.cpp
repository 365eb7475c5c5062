#include "saliency/saliency.h"

#include <array>

namespace anomalyclip::saliency {

std::span<const NamedMethod> methods() {
  static constexpr std::array kMethods{
      NamedMethod{"local contrast", local_contrast},
      NamedMethod{"spectral residual", spectral_residual},
      NamedMethod{"Mahalanobis in the image", mahalanobis_in_image}};
  return kMethods;
}

}  // namespace anomalyclip::saliency
