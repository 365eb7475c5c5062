#pragma once

#include <functional>
#include <memory>
#include <string>

#include <gst/anomaly/gstanomaly.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

namespace anomalyclip::testing {

struct Unref {
  void operator()(GstBuffer* buffer) const { gst_buffer_unref(buffer); }
  void operator()(GstCaps* caps) const { gst_caps_unref(caps); }
  void operator()(GstMessage* message) const { gst_message_unref(message); }
  void operator()(GstStructure* structure) const { gst_structure_free(structure); }
  void operator()(GstHarness* harness) const { gst_harness_teardown(harness); }
  void operator()(GstElement* element) const {
    gst_element_set_state(element, GST_STATE_NULL);
    gst_object_unref(element);
  }
};

using UniqueBuffer = std::unique_ptr<GstBuffer, Unref>;
using UniqueCaps = std::unique_ptr<GstCaps, Unref>;
using UniqueMessage = std::unique_ptr<GstMessage, Unref>;
using UniqueStructure = std::unique_ptr<GstStructure, Unref>;
using UniqueHarness = std::unique_ptr<GstHarness, Unref>;
using UniqueElement = std::unique_ptr<GstElement, Unref>;

/// A harness around a launch line.
UniqueHarness harness(const std::string& line);

/// "video/x-raw,format=…,width=…,height=…,framerate=25/1" and whatever follows.
std::string video_caps(const std::string& format, int width, int height,
                       const std::string& more = "");

/// A black frame of these caps with this PTS.
UniqueBuffer frame(const std::string& caps, GstClockTime pts = 0);

/// Pushes one frame and returns what came out.
UniqueBuffer pass(GstHarness* harness, UniqueBuffer buffer);

}  // namespace anomalyclip::testing
