#pragma once

#include <string>
#include <vector>

#include "losses.h"
#include "synth/part.h"

namespace anomalyclip::pretrain {

/// Every sentence that the text tower learns: "a photo of a <kind>." and "a photo of a <kind> with a <defect>.".
std::vector<std::string> captions();

/// Which of captions() describes a part.
std::int64_t caption_index(const synth::Part& part, bool defective);

/// The captions and the two prompts as tokens of a vocabulary that holds nothing else, which trains faster.
struct Vocabulary {
  Texts texts;
  std::vector<std::int64_t> token_of_row;  ///< CLIP's token id of each row of the small table
};
Vocabulary build_vocabulary(const Shape& shape);

}  // namespace anomalyclip::pretrain
