#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "metrics/pixel_pool.h"
#include "metrics/pro_curve.h"

namespace anomalyclip::metrics {

// What one way down over the scores adds up to. Each is shown every threshold once, descending: visit().

/// Areas under the ROC curve and the precision-recall curve, and the best F1.
class RocAndPr {
 public:
  /// @param damaged, normal  pixels in all, above 0
  RocAndPr(double damaged, double normal) : damaged_(damaged), normal_(normal) {}

  void visit(const PixelPool::Step& step) {
    const auto hits = static_cast<double>(step.damaged), alarms = static_cast<double>(step.normal);
    const double new_hits = hits - hits_;
    if (new_hits == 0) {  // alarms alone add to no sum, and do not raise F1
      alarms_ = alarms;
      return;
    }
    // Normal pixels below this score lose against the new hits; equal ones draw.
    wins_ += new_hits * (normal_ - (alarms + alarms_) / 2);
    precision_sum_ += new_hits * hits / (hits + alarms);
    f1_ = std::max(f1_, 2 * hits / (hits + alarms + damaged_));
    hits_ = hits;
    alarms_ = alarms;
  }

  double auroc() const { return wins_ / (damaged_ * normal_); }
  double ap() const { return precision_sum_ / damaged_; }
  double f1_max() const { return f1_; }

 private:
  double damaged_, normal_;
  double hits_ = 0, alarms_ = 0;  // of the step before
  double wins_ = 0, precision_sum_ = 0, f1_ = 0;
};

/// AUPRO as Bergmann et al. define it: aupro_exact().
class ProArea {
 public:
  /// @param normal, regions  in all, above 0
  ProArea(double normal, double regions, double limit = 0.3)
      : normal_(normal), regions_(regions), limit_(limit) {}

  void visit(const PixelPool::Step& step) {
    if (last_.false_positive_rate >= limit_) return;
    const ProPoint reached{static_cast<double>(step.normal) / normal_, step.overlap / regions_};
    ProPoint point = reached;
    if (point.false_positive_rate > limit_) {
      const double share = (limit_ - last_.false_positive_rate) /
                           (point.false_positive_rate - last_.false_positive_rate);
      point = {limit_, last_.overlap + share * (point.overlap - last_.overlap)};
    }
    area_ += (point.false_positive_rate - last_.false_positive_rate) *
             (point.overlap + last_.overlap) / 2;
    last_ = reached;
  }

  double area() const { return area_ / limit_; }

 private:
  double normal_, regions_, limit_;
  ProPoint last_{0, 0};
  double area_ = 0;
};

/// AUPRO as the reference has it: aupro_reference().
class ReferenceProArea {
 public:
  /// @param least, greatest  scores of all pixels
  ReferenceProArea(float least, float greatest, double normal, double regions)
      : thresholds_(reference_thresholds(least, greatest)),
        points_(thresholds_.size()),
        left_(thresholds_.size()),
        normal_(normal),
        regions_(regions) {}

  void visit(const PixelPool::Step& step) {
    for (; left_ > 0 && thresholds_[left_ - 1] >= step.threshold; --left_) take();
    above_ = step;
  }

  /// After the last step.
  double area() {
    for (; left_ > 0; --left_) take();
    return area_of_reference_curve(points_);
  }

 private:
  void take() {
    points_[left_ - 1] = {static_cast<double>(above_.normal) / normal_, above_.overlap / regions_};
  }

  std::vector<float> thresholds_;
  std::vector<ProPoint> points_;
  std::size_t left_;
  double normal_, regions_;
  PixelPool::Step above_{0, 0, 0, 0};  // what lies above the thresholds that are left
};

/// Mean of AUPIMO over images: aupimo().
class PimoArea {
 public:
  /// @param good, images  pixels of all good images; images with damage
  PimoArea(double good, double images, double least = 1e-5, double greatest = 1e-4)
      : good_(good), images_(images), from_(std::log(least)), to_(std::log(greatest)) {}

  /// @param good   pixels of good images at or above the step's threshold
  /// @param share  summed over images with damage: the found share of each
  void visit(double good, double share) {
    if (good > found_good_ && !(log_rate_ >= to_)) {
      const double log_rate = std::log(good / good_);
      if (found_good_ > 0)
        add(log_rate_, share_, log_rate, share);
      else if (log_rate > from_)
        add(from_, above_, log_rate, above_);  // only what exceeds every good pixel is found
      log_rate_ = log_rate;
      share_ = share;
    }
    found_good_ = good;
    above_ = share;
  }

  /// NaN without a good image.
  double area() const {
    return good_ > 0 ? area_ / (to_ - from_) / images_ : std::numeric_limits<double>::quiet_NaN();
  }

 private:
  /// A straight piece of the curve, cut at the bounds.
  void add(double left, double from, double right, double to) {
    const double lo = std::clamp(left, from_, to_), hi = std::clamp(right, from_, to_);
    if (!(hi > lo)) return;
    const double slope = (to - from) / (right - left);
    area_ += (hi - lo) * (2 * from + slope * ((lo - left) + (hi - left))) / 2;
  }

  double good_, images_, from_, to_;
  double found_good_ = 0, above_ = 0;                                       // of the step before
  double log_rate_ = -std::numeric_limits<double>::infinity(), share_ = 0;  // of the last point
  double area_ = 0;
};

}  // namespace anomalyclip::metrics
