#include "camera.h"

#include <algorithm>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

namespace anomalyclip::synth {

namespace {

Plane draw_light(Sketch& s) {
  Random& r = s.random;
  const float size = static_cast<float>(s.size), half = size / 2;
  Plane gain(s.size, s.size, 1.f);
  if (r.chance(0.7f)) {  // falls off to one side
    const float angle = r.angle(), k = r.uniform(0, 0.9f) / size, c = std::cos(angle) * k,
                q = std::sin(angle) * k;
    gain = gain.mul(
        per_pixel(s.size, [=](float x, float y) { return 1.f + (x - half) * c + (y - half) * q; }));
  }
  if (r.chance(0.3f)) {  // a spot light
    const float cx = r.uniform(0, size), cy = r.uniform(0, size), width = s.px(r.uniform(60, 200)),
                k = -0.5f / (width * width);
    const float base = r.uniform(0.5f, 1.f), peak = r.uniform(0.1f, 0.8f);
    gain = gain.mul(per_pixel(s.size, [=](float x, float y) {
      return base + peak * std::exp(k * ((x - cx) * (x - cx) + (y - cy) * (y - cy)));
    }));
  }
  if (r.chance(0.3f)) {  // vignette
    const float k = r.uniform(0, 0.7f) / (half * size);
    gain = gain.mul(per_pixel(s.size, [=](float x, float y) {
      return 1.f - k * ((x - half) * (x - half) + (y - half) * (y - half));
    }));
  }
  if (r.chance(0.2f)) {  // bands of a lamp array
    const float angle = r.angle(), period = s.px(r.log_uniform(40, 250)),
                depth = r.uniform(0.03f, 0.25f), phase = r.uniform();
    const float c = std::cos(angle) / period, q = std::sin(angle) / period;
    gain = gain.mul(per_pixel(s.size, [=](float x, float y) {
      return 1.f + depth * (2.f * wave(x * c + y * q + phase) - 1.f);
    }));
  }
  return gain;
}

}  // namespace

Camera::Camera(Sketch& s) {
  Random& r = s.random;
  gain_ = draw_light(s);
  if (r.chance(0.25f)) offset_ = r.uniform(0, 0.12f) * value_noise(s, r.integer(2, 4));
  saturation_ = r.chance(0.4f) ? 0.f : r.chance(0.4f) ? r.uniform(0.2f, 1.2f) : 1.f;
  contrast_ = r.log_uniform(0.45f, 1.5f);
  lift_ = r.chance(0.25f) ? 0.5f * (1.f - contrast_) : 0.f;
  gamma_ = r.log_uniform(0.55f, 1.8f);
  blur_ = r.chance(0.45f) ? s.px(r.log_uniform(0.4f, 1.8f)) : 0.f;
  noise_sigma_ = r.chance(0.6f) ? r.log_uniform(0.004f, 0.05f) : 0.f;
  color_noise_ = r.chance(0.3f);
  jpeg_quality_ = r.chance(0.5f) ? r.integer(35, 96) : 0;
  noise_seed_ = r.bits();
}

Image Camera::expose(const Image& scene) const {
  Image out = scene.clone();
  multiply(out, gain_);
  if (!offset_.empty()) add(out, offset_);
  for (int y = 0; y < out.rows; ++y) {
    for (Color* p = out[y]; p != out[y] + out.cols; ++p) {
      const float grey = ((*p)[0] + (*p)[1] + (*p)[2]) / 3.f;
      for (float& c : p->val)
        c = std::clamp((grey + (c - grey) * saturation_) * contrast_ + lift_, 0.f, 1.f);
    }
  }
  cv::pow(out, gamma_, out);
  if (blur_ > 0) cv::GaussianBlur(out, out, {}, blur_, 0, cv::BORDER_REFLECT);
  return out;
}

cv::Mat3b Camera::capture(const Image& exposed) const {
  cv::Mat3b out;
  if (noise_sigma_ > 0) {
    Random random(noise_seed_, 0);
    Image noisy = exposed.clone();
    Plane noise(exposed.rows, exposed.cols * (color_noise_ ? 3 : 1));
    random.fill_normal(noise);
    noise *= noise_sigma_;
    if (color_noise_) {
      noisy += Image(exposed.rows, exposed.cols, reinterpret_cast<Color*>(noise.data));
    } else {
      add(noisy, noise);
    }
    noisy.convertTo(out, CV_8U, 255);
  } else {
    exposed.convertTo(out, CV_8U, 255);
  }
  if (jpeg_quality_ > 0) {
    std::vector<uchar> file;
    cv::cvtColor(out, out, cv::COLOR_RGB2BGR);
    cv::imencode(".jpg", out, file, {cv::IMWRITE_JPEG_QUALITY, jpeg_quality_});
    out = cv::imdecode(file, cv::IMREAD_COLOR);
    cv::cvtColor(out, out, cv::COLOR_BGR2RGB);
  }
  return out;
}

}  // namespace anomalyclip::synth
