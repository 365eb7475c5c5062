#include "core/torch_errors.h"

#include <new>

#include <c10/util/Exception.h>

#include <anomalyclip/error.h>

namespace anomalyclip {

std::exception_ptr translated(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error&) {
    return error;
  } catch (const c10::OutOfMemoryError& oom) {
    return std::make_exception_ptr(Error(ErrorCode::kOutOfMemory, oom.what_without_backtrace()));
  } catch (const std::bad_alloc&) {
    return std::make_exception_ptr(
        Error(ErrorCode::kOutOfMemory, "no memory is left for this frame"));
  } catch (const c10::Error& failure) {
    return std::make_exception_ptr(Error(ErrorCode::kDevice, failure.what_without_backtrace()));
  } catch (...) {
    return error;
  }
}

}  // namespace anomalyclip
