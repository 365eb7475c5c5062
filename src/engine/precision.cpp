#include "engine/precision.h"

#include <string>

#include <anomalyclip/error.h>

#include "model/cpu/blocked_layer.h"

namespace anomalyclip {

namespace {

const char* choices(c10::Device device) {
  if (!device.is_cpu()) return "fp32, bf16 and fp16";
  return cpu::available_unit() == cpu::Unit::kNone ? "fp32 and bf16" : "fp32, bf16x3 and bf16";
}

bool runs(Precision precision, c10::Device device) {
  switch (precision) {
    case Precision::kFP16:
      return !device.is_cpu();
    case Precision::kBF16x3:
      return device.is_cpu() && cpu::available_unit() != cpu::Unit::kNone;
    case Precision::kINT8:
      return false;
    default:
      return true;
  }
}

}  // namespace

Precision resolve_precision(Precision asked, c10::Device device) {
  if (asked == Precision::kAuto)
    return device.is_cpu() && cpu::available_unit() == cpu::Unit::kAmx ? Precision::kBF16x3
                                                                       : Precision::kFP32;
  if (!runs(asked, device))
    throw Error(ErrorCode::kSettings, std::string("precision ") + to_string(asked) +
                                          " is not available on " + device.str() + "; it runs " +
                                          choices(device));
  return asked;
}

std::unique_ptr<const VisionTransformer> make_vision(const Weights& weights, c10::Device device,
                                                     Precision precision) {
  return std::make_unique<const VisionTransformer>(weights, device, scalar_type(precision),
                                                   precision == Precision::kBF16x3);
}

bool runs_in_blocks(Precision precision, c10::Device device, int vision_width) {
  return device.is_cpu() && (precision == Precision::kBF16x3 || precision == Precision::kBF16) &&
         cpu::BlockedLayer::available(vision_width);
}

c10::ScalarType scalar_type(Precision precision) {
  switch (precision) {
    case Precision::kBF16:
      return c10::kBFloat16;
    case Precision::kFP16:
      return c10::kHalf;
    default:
      return c10::kFloat;
  }
}

}  // namespace anomalyclip
