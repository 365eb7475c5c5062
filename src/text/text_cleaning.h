#pragma once

#include <string>

#include <unicode/unistr.h>

namespace anomalyclip {

/// What CLIP's tokenizer does to a text before it splits it: repairs, character references twice,
/// runs of white space to one space, lower case.
///
/// Of the repairs that its Python library (ftfy) makes, these are made: character references
/// (unless the text holds a "<"), C1 controls that Windows meant otherwise, Latin ligatures and
/// digraphs, full-width and half-width forms, curly quotes, line breaks, terminal escapes, control
/// characters, canonical composition; over and over, until nothing changes. Not made: guessing how
/// text that was decoded with the wrong encoding ("naÃ¯ve") should have read.
/// @param utf8  malformed sequences become U+FFFD
icu::UnicodeString clean_text(const std::string& utf8);

}  // namespace anomalyclip
