#include "guard.h"

#include <new>

namespace anomalyclip::gst {
namespace {

struct Fault {
  GQuark domain;
  int code;
};

Fault fault_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND};
    case ErrorCode::kRead:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ};
    case ErrorCode::kDevice:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_FAILED};
    case ErrorCode::kOutOfMemory:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT};
    case ErrorCode::kMismatch:
    case ErrorCode::kSettings:
      return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS};
    case ErrorCode::kNotFinite:
      return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED};
  }
  return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED};
}

void post(GstElement* element, GstMessageType type, const Error& error) {
  const Fault fault = fault_of(error.code());
  gst_element_message_full(element, type, fault.domain, fault.code, g_strdup(error.what()), nullptr,
                           __FILE__, GST_FUNCTION, __LINE__);
}

}  // namespace

Error caught_error() {
  try {
    throw;
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOutOfMemory, "There is not enough memory.");
  } catch (const std::exception& error) {
    return Error(ErrorCode::kNotFinite, std::string("Unexpected failure: ") + error.what());
  } catch (...) {
    return Error(ErrorCode::kNotFinite, "Unexpected failure of unknown kind.");
  }
}

void post_caught_exception(GstElement* element) noexcept {
  try {
    post(element, GST_MESSAGE_ERROR, caught_error());
  } catch (...) {
    GST_ERROR_OBJECT(element, "failed, and failed to say why");
  }
}

void post_info(GstElement* element, const std::string& text) {
  // gst-launch-1.0 prints what is meant for debugging only.
  GST_ELEMENT_INFO(element, LIBRARY, SETTINGS, ("%s", text.c_str()), ("%s", text.c_str()));
}

void post_warning(GstElement* element, const Error& error) {
  post(element, GST_MESSAGE_WARNING, error);
}

}  // namespace anomalyclip::gst
