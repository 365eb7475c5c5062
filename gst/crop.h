#pragma once

#include <gst/video/video.h>

namespace anomalyclip::gst {

/// Whether frames of this format can be cropped by pointing elsewhere: pixels must not share bytes.
bool can_crop_in_place(const GstVideoInfo& info);

/// Carries out a crop that an element upstream has only noted (GstVideoCropMeta, as videocrop does
/// where downstream takes it): the frame becomes the cropped one without copying a pixel, and
/// inspections and regions of interest move with it. Does nothing without a GstVideoCropMeta.
/// @param buffer  writable
/// @param info    of the cropped frame
void apply_crop(GstBuffer* buffer, const GstVideoInfo& info);

}  // namespace anomalyclip::gst
