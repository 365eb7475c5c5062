#pragma once

#include <string>
#include <utility>

#include <gst/gst.h>

#include <anomalyclip/error.h>

namespace anomalyclip::gst {

/// Posts what is being caught as an error of this element. To be called from a catch block.
void post_caught_exception(GstElement* element) noexcept;

/// Posts a warning: the stream lives on.
void post_warning(GstElement* element, const Error& error);

/// Posts a piece of information, in such a way that gst-launch-1.0 prints it.
void post_info(GstElement* element, const std::string& text);

/// What is being caught, as this library's error. To be called from a catch block.
Error caught_error();

/// Runs a body at the border to C: no exception leaves it, each becomes an error message of the
/// element.
template <typename Result, typename Body>
Result gst_guard(gpointer element, Result on_error, Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    post_caught_exception(GST_ELEMENT_CAST(element));
    return on_error;
  }
}

}  // namespace anomalyclip::gst
