#pragma once

#include <string>

#include <gst/anomaly/gstanomaly.h>

namespace anomalyclip::gst {

/// A folder of anomaly maps, a 16-bit grey PNG each: 0..1 is 0..65535.
class MapFiles {
 public:
  /// Makes the folder if need be. @throws Error kNotFound when it cannot be made
  MapFiles(const std::string& folder, const std::string& stream);

  /// Writes the map of a frame that was inspected itself, as STREAM-START-FRAME.png. START is the
  /// time, in UTC, at which this was made: frames are counted anew then, and the maps of an earlier
  /// run, which its records name, must stay.
  /// @return the file's name; empty when the metadata carry no map of their own
  /// @throws Error kNotFound, kSettings when it cannot be written
  std::string write(const GstAnomalyMeta* meta) const;

 private:
  std::string folder_, prefix_;
};

}  // namespace anomalyclip::gst
