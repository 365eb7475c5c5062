#include <algorithm>
#include <cmath>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "saliency/saliency.h"

namespace anomalyclip::saliency {

namespace {

constexpr int kStride = 4;  // pixels between the spots that are compared

cv::Mat1f smooth(const cv::Mat1f& plane, double sigma) {
  cv::Mat1f out;
  cv::GaussianBlur(plane, out, {}, sigma, 0, cv::BORDER_REFLECT);
  return out;
}

/// Mean colour, and for brightness the gradients' energy and the deviation, at three scales.
std::vector<cv::Mat1f> features(const cv::Mat3b& rgb) {
  cv::Mat3f lab;
  rgb.convertTo(lab, CV_32F, 1 / 255.0);
  cv::cvtColor(lab, lab, cv::COLOR_RGB2Lab);
  std::vector<cv::Mat1f> channels(3), out;
  cv::split(lab, channels);
  const cv::Mat1f& light = channels[0];
  for (const double sigma : {1.5, 3.0, 6.0}) {
    for (const cv::Mat1f& channel : channels) out.push_back(smooth(channel, sigma));
    const cv::Mat1f base = smooth(light, sigma / 2);
    cv::Mat1f dx, dy;
    cv::Sobel(base, dx, CV_32F, 1, 0);
    cv::Sobel(base, dy, CV_32F, 0, 1);
    out.push_back(smooth(cv::abs(dx), sigma));
    out.push_back(smooth(cv::abs(dy), sigma));
    const cv::Mat1f off = light - smooth(light, sigma);
    cv::Mat1f spread = smooth(off.mul(off), sigma);
    cv::sqrt(cv::max(spread, 0.f), spread);
    out.push_back(spread);
  }
  return out;
}

}  // namespace

cv::Mat1f mahalanobis_in_image(const cv::Mat3b& rgb) {
  const std::vector<cv::Mat1f> planes = features(rgb);
  const int rows = (rgb.rows + kStride - 1) / kStride, columns = (rgb.cols + kStride - 1) / kStride;
  const auto count = static_cast<int>(planes.size());
  cv::Mat1d samples(rows * columns, count);
  for (int k = 0; k < count; ++k)
    for (int y = 0; y < rows; ++y)
      for (int x = 0; x < columns; ++x)
        samples(y * columns + x, k) =
            planes[static_cast<std::size_t>(k)](std::min(y * kStride + kStride / 2, rgb.rows - 1),
                                                std::min(x * kStride + kStride / 2, rgb.cols - 1));
  cv::Mat covariance, mean;
  cv::calcCovarMatrix(samples, covariance, mean,
                      cv::COVAR_NORMAL | cv::COVAR_ROWS | cv::COVAR_SCALE, CV_64F);
  covariance +=
      cv::Mat::eye(count, count, CV_64F) * (0.02 * cv::trace(covariance)[0] / count + 1e-6);
  cv::Mat inverse;
  cv::invert(covariance, inverse, cv::DECOMP_CHOLESKY);
  cv::Mat1d centred = samples - cv::repeat(mean, samples.rows, 1);
  const cv::Mat1d turned = centred * inverse;
  cv::Mat1f out(rows, columns);
  for (int i = 0; i < samples.rows; ++i)
    out(i / columns, i % columns) =
        static_cast<float>(std::sqrt(std::max(0.0, turned.row(i).dot(centred.row(i)))));
  cv::resize(out, out, rgb.size(), 0, 0, cv::INTER_LINEAR);
  return smooth(out, 4.0 * rgb.rows / 256.0);
}

}  // namespace anomalyclip::saliency
