#include "engine/precision.h"

#include <string>

#include <anomalyclip/error.h>

namespace anomalyclip {

Precision resolve_precision(Precision asked, c10::Device device) {
  if (asked == Precision::kAuto) return Precision::kFP32;
  const bool half_on_cpu = asked == Precision::kFP16 && device.is_cpu();
  if (asked == Precision::kINT8 || half_on_cpu)
    throw Error(ErrorCode::kSettings,
                std::string("precision ") + to_string(asked) + " is not available on " +
                    device.str() + "; it runs " +
                    (device.is_cpu() ? "fp32 and bf16" : "fp32, bf16 and fp16"));
  return asked;
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
