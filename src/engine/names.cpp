#include <anomalyclip/engine.h>

namespace anomalyclip {

const char* to_string(Precision precision) {
  switch (precision) {
    case Precision::kAuto:
      return "auto";
    case Precision::kFP32:
      return "fp32";
    case Precision::kBF16x3:
      return "bf16x3";
    case Precision::kBF16:
      return "bf16";
    case Precision::kFP16:
      return "fp16";
    case Precision::kINT8:
      return "int8";
    case Precision::kFP8:
      return "fp8";
  }
  return "unknown";
}

const char* to_string(ScoreMode mode) {
  switch (mode) {
    case ScoreMode::kGlobal:
      return "global";
    case ScoreMode::kMap:
      return "map";
    case ScoreMode::kMean:
      return "mean";
  }
  return "unknown";
}

}  // namespace anomalyclip
