#pragma once

#include <stdexcept>
#include <string>

namespace anomalyclip {

/// What kind of thing went wrong; the element maps it to a GStreamer error domain.
enum class ErrorCode {
  kNotFound,     ///< A file or folder is not there.
  kRead,         ///< A file is there and cannot be read: permission, truncation, malformed content.
  kMismatch,     ///< Files that do not fit each other: a tensor missing or misshapen, prompts of
                 ///< another model.
  kSettings,     ///< A value that the caller passed is out of its range or makes no sense.
  kDevice,       ///< The device asked for is absent, or failed.
  kOutOfMemory,  ///< The device has no memory left for this frame; the next one may succeed.
  kNotFinite,    ///< A weight or an output is NaN or infinite: there is no verdict.
};

/// The one exception type of this library. `what()` is a full sentence: what was expected, what was
/// found, what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace anomalyclip
