#pragma once

#include <memory>

#include <gst/gst.h>

namespace anomalyclip::gst {

struct Unref {
  void operator()(GstBuffer* buffer) const { gst_buffer_unref(buffer); }
  void operator()(GstClock* clock) const { gst_object_unref(clock); }
  void operator()(GstStructure* structure) const { gst_structure_free(structure); }
};

using UniqueBuffer = std::unique_ptr<GstBuffer, Unref>;
using UniqueClock = std::unique_ptr<GstClock, Unref>;
using UniqueStructure = std::unique_ptr<GstStructure, Unref>;

}  // namespace anomalyclip::gst
