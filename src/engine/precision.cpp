#include "engine/precision.h"

#include <string>

#include <anomalyclip/error.h>

#include "core/compute_capability.h"
#include "model/cpu/blocked_layer.h"

namespace anomalyclip {

namespace {

const char* choices(c10::Device device) {
  if (!device.is_cpu()) return "fp32, bf16 and fp16";
  const cpu::Unit unit = cpu::available_unit();
  if (!cpu::multiplies_bfloat16(unit)) return "fp32 and bf16";
  return cpu::multiplies_bytes(unit) ? "fp32, bf16x3, bf16 and int8" : "fp32, bf16x3 and bf16";
}

bool runs(Precision precision, c10::Device device) {
  switch (precision) {
    case Precision::kFP16:
      return !device.is_cpu();
    case Precision::kBF16x3:
      return device.is_cpu() && cpu::multiplies_bfloat16(cpu::available_unit());
    case Precision::kINT8:
      return device.is_cpu() && cpu::multiplies_bytes(cpu::available_unit());
    case Precision::kFP8:
      return !device.is_cpu() && multiplies_float8(compute_capability(device));
    default:
      return true;
  }
}

/// What it takes, where a device of the same kind may lack it.
std::string condition(Precision precision, c10::Device device) {
  if (precision != Precision::kFP8) return "";
  if (device.is_cpu()) return ", only on CUDA of compute capability 8.9 or more";
  return ", whose compute capability is " + to_string(compute_capability(device)) +
         ", below the 8.9 that it needs";
}

/// Of a tower that runs on blocks, or in 8-bit floats.
Arithmetic arithmetic_of(Precision precision) {
  switch (precision) {
    case Precision::kBF16x3:
      return Arithmetic::kSplit;
    case Precision::kINT8:
      return Arithmetic::kInt8;
    case Precision::kFP8:
      return Arithmetic::kFloat8;
    case Precision::kFP32:
      return Arithmetic::kFloat32;
    default:
      return Arithmetic::kPlain;
  }
}

}  // namespace

Precision exact_precision(c10::Device device) {
  return device.is_cpu() && cpu::available_unit() == cpu::Unit::kAmx ? Precision::kBF16x3
                                                                     : Precision::kFP32;
}

Precision resolve_precision(Precision asked, c10::Device device) {
  if (asked == Precision::kAuto)
    return device.is_cpu() && cpu::multiplies_bfloat16(cpu::available_unit()) ? Precision::kBF16
                                                                              : Precision::kFP32;
  if (!runs(asked, device))
    throw Error(ErrorCode::kSettings, std::string("precision ") + to_string(asked) +
                                          " is not available on " + device.str() +
                                          condition(asked, device) + "; " + device.str() +
                                          " runs " + choices(device));
  return asked;
}

std::unique_ptr<const VisionTransformer> make_vision(const Weights& weights, c10::Device device,
                                                     Precision precision,
                                                     const PackedFile* packed) {
  const bool plain = precision == Precision::kFP32 &&
                     !runs_in_blocks(precision, device, ClipConfig::infer(weights).vision_width);
  return std::make_unique<const VisionTransformer>(
      weights, device, scalar_type(precision),
      plain ? Arithmetic::kPlain : arithmetic_of(precision), packed);
}

bool runs_in_blocks(Precision precision, c10::Device device, std::int64_t vision_width) {
  return device.is_cpu() && precision != Precision::kFP8 &&
         cpu::BlockedLayer::available(vision_width, arithmetic_of(precision));
}

std::vector<PackedSection> packed_sections(const ClipConfig& config, c10::Device device,
                                           Precision precision) {
  if (!runs_in_blocks(precision, device, config.vision_width)) return {};
  return packed_sections(config.vision_layers, config.vision_width, arithmetic_of(precision));
}

c10::ScalarType scalar_type(Precision precision) {
  switch (precision) {
    case Precision::kBF16:
    case Precision::kFP8:  // all but the operands of the linear layers
      return c10::kBFloat16;
    case Precision::kFP16:
      return c10::kHalf;
    default:
      return c10::kFloat;
  }
}

}  // namespace anomalyclip
