#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gst/anomaly/gstanomaly.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

namespace anomalyclip::testing {

struct Unref {
  void operator()(GstBuffer* buffer) const { gst_buffer_unref(buffer); }
  void operator()(GstBus* bus) const { gst_object_unref(bus); }
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

/// A harness around a launch line, without caps yet.
UniqueHarness harness(const std::string& line);

/// The same, fed with these caps.
UniqueHarness harness(const std::string& line, const std::string& caps);

/// "video/x-raw,format=…,width=…,height=…,framerate=25/1" and whatever follows.
std::string video_caps(const std::string& format, int width, int height,
                       const std::string& more = "");

/// A frame of these caps with this PTS, all bytes `value`.
UniqueBuffer frame(const std::string& caps, GstClockTime pts = 0, int value = 0);

/// A smooth picture in colours, RGB, that `seed` makes another one.
UniqueBuffer picture(int width, int height, int seed = 0);

/// What a launch line makes of one frame.
UniqueBuffer converted(const std::string& line, const std::string& caps, UniqueBuffer buffer);

/// All bytes of a buffer.
std::vector<unsigned char> bytes(GstBuffer* buffer);

/// Pushes one frame and returns what came out.
UniqueBuffer pass(GstHarness* harness, UniqueBuffer buffer);

/// The inspection of a frame; fails the test where there is none.
const GstAnomalyMeta* inspection(const UniqueBuffer& buffer);

/// What an element or a pipeline posts.
class Bus {
 public:
  explicit Bus(GstElement* element);
  ~Bus();

  /// The next message of these types, waiting for it; null after a few seconds.
  UniqueMessage wait(int types) const;

  /// The next message of these types that is there already, or null.
  UniqueMessage take(int types) const;

  /// The structures of the element messages of this name that are there already; others are thrown away.
  std::vector<UniqueStructure> take_elements(const std::string& name) const;

 private:
  std::unique_ptr<GstBus, Unref> bus_;
  GstElement* element_;
};

/// Text of an error, a warning or an info message.
std::string text_of(const UniqueMessage& message);

/// Whether it is a message of this domain and code.
bool is(const UniqueMessage& message, GQuark domain, int code);

double number(const UniqueStructure& structure, const char* field);
guint64 integer(const UniqueStructure& structure, const char* field);
UniqueStructure stats(GstElement* element);

}  // namespace anomalyclip::testing
