#include <opencv2/imgproc.hpp>

#include "saliency/saliency.h"

namespace anomalyclip::saliency {

cv::Mat1f local_contrast(const cv::Mat3b& rgb) {
  cv::Mat3f lab, near, far;
  rgb.convertTo(lab, CV_32F, 1 / 255.0);
  cv::cvtColor(lab, lab, cv::COLOR_RGB2Lab);
  const double unit = rgb.rows / 256.0;
  cv::GaussianBlur(lab, near, {}, 2 * unit, 0, cv::BORDER_REFLECT);
  cv::GaussianBlur(lab, far, {}, 16 * unit, 0, cv::BORDER_REFLECT);
  cv::Mat1f out(rgb.size());
  for (int y = 0; y < out.rows; ++y)
    for (int x = 0; x < out.cols; ++x)
      out(y, x) = static_cast<float>(cv::norm(near(y, x) - far(y, x)));
  cv::GaussianBlur(out, out, {}, 4 * unit, 0, cv::BORDER_REFLECT);
  return out;
}

}  // namespace anomalyclip::saliency
