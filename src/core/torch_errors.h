#pragma once

#include <exception>

namespace anomalyclip {

/// What libtorch throws, in this library's terms: Error kOutOfMemory or kDevice. Anything else stays as it is.
std::exception_ptr translated(std::exception_ptr error);

}  // namespace anomalyclip
