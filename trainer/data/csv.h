#pragma once

#include <string>
#include <vector>

namespace anomalyclip::trainer {

struct CsvRow {
  int line = 0;  ///< of the file, from 1, where the row begins
  std::vector<std::string> fields;
};

/// Reads comma-separated values as RFC 4180 has them: quoted fields may hold commas, line breaks and doubled quotes; lines
/// end with LF or CRLF; a byte order mark and empty lines are passed over.
/// @throws Error kNotFound, kRead (a quote that is never closed)
std::vector<CsvRow> read_csv(const std::string& path);

}  // namespace anomalyclip::trainer
