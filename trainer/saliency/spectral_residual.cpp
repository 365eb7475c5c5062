#include <cmath>

#include <opencv2/imgproc.hpp>

#include "saliency/saliency.h"

namespace anomalyclip::saliency {

namespace {

/// The paper's size: the residual is about objects, not about grain.
constexpr int kSize = 64;

}  // namespace

cv::Mat1f spectral_residual(const cv::Mat3b& rgb) {
  cv::Mat grey, spectrum;
  cv::cvtColor(rgb, grey, cv::COLOR_RGB2GRAY);
  cv::resize(grey, grey, {kSize, kSize}, 0, 0, cv::INTER_AREA);
  grey.convertTo(grey, CV_32F, 1 / 255.0);
  cv::dft(grey, spectrum, cv::DFT_COMPLEX_OUTPUT);
  cv::Mat planes[2], magnitude, phase, log_magnitude, average;
  cv::split(spectrum, planes);
  cv::cartToPolar(planes[0], planes[1], magnitude, phase);
  cv::log(magnitude + 1e-9, log_magnitude);
  cv::blur(log_magnitude, average, {3, 3}, {-1, -1}, cv::BORDER_REFLECT);
  cv::exp(log_magnitude - average, magnitude);
  cv::polarToCart(magnitude, phase, planes[0], planes[1]);
  cv::merge(planes, 2, spectrum);
  cv::dft(spectrum, spectrum, cv::DFT_INVERSE);
  cv::split(spectrum, planes);
  cv::Mat1f out = planes[0].mul(planes[0]) + planes[1].mul(planes[1]);
  cv::GaussianBlur(out, out, {}, 2.5, 0, cv::BORDER_REFLECT);
  cv::resize(out, out, rgb.size(), 0, 0, cv::INTER_LINEAR);
  return out;
}

}  // namespace anomalyclip::saliency
