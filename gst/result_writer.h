#pragma once

#include <cstdio>
#include <string>

#include <gst/anomaly/gstanomaly.h>

namespace anomalyclip::gst {

/// One inspection as one line of JSON, without the end of line. Numbers that are not there are
/// null.
/// @param map  name of the map's file; empty: the record has no such key
std::string to_json(const GstAnomalyMeta* meta, const std::string& stream, GstClockTime pts,
                    const std::string& map = "");

/// A file of lines, or standard output; each line is there as soon as it is written.
class LineFile {
 public:
  /// @param location  a path, or "-" for standard output
  /// @throws Error kNotFound when it cannot be opened for writing
  LineFile(const std::string& location, bool append);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;

  /// @return false when the line has not been written; errno says why
  bool write(const std::string& line);

 private:
  std::FILE* file_;
};

}  // namespace anomalyclip::gst
