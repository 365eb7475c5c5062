#pragma once

#include <span>

#include <opencv2/core.hpp>

namespace anomalyclip::saliency {

/// What finds the odd spot in a picture without having learnt anything: what a trained model has to beat.
/// @param rgb  any size
/// @returns a map of the picture's size; larger is odder, the unit is the method's own
using Method = cv::Mat1f (*)(const cv::Mat3b& rgb);

/// How far a pixel's surroundings are in colour from their own wider surroundings.
cv::Mat1f local_contrast(const cv::Mat3b& rgb);

/// Hou and Zhang 2007: what is left of the log spectrum after its own average is taken away.
cv::Mat1f spectral_residual(const cv::Mat3b& rgb);

/// Mahalanobis distance of each spot's colours, gradients and roughness at three scales from those of the whole
/// picture.
cv::Mat1f mahalanobis_in_image(const cv::Mat3b& rgb);

struct NamedMethod {
  const char* name;
  Method map;
};
std::span<const NamedMethod> methods();

}  // namespace anomalyclip::saliency
