#pragma once

namespace anomalyclip::trainer {

/// What the AnomalyCLIP paper prints, in percent, as comma-separated values: its tables 1 (industrial) and 2 (medical) for
/// the means, 15 to 26 for the classes of MVTec AD, VisA and MPDD. An empty field is a number that it does not print.
extern const char* const kPaperTables;

}  // namespace anomalyclip::trainer
