#pragma once

#include <unicode/unistr.h>

namespace anomalyclip {

/// Replaces character references by what they stand for: `&eacute;`, `&#233;`, `&#xE9;`. The named
/// ones are HTML 4's 252; HTML 5's other 1900 (`&NotSquareSupersetEqual;`) stay as they are.
/// @param lenient  whether the closing semicolon may be missing where old HTML allowed it, as in
/// `nuts &amp bolts`
icu::UnicodeString unescape_html(const icu::UnicodeString& text, bool lenient);

/// What Windows-1252 has where Latin-1 has the control characters U+0080 to U+009F; any other
/// character is itself.
UChar32 from_windows_1252(UChar32 c);

}  // namespace anomalyclip
