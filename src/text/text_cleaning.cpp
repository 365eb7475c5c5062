#include "text/text_cleaning.h"

#include <functional>

#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include <anomalyclip/error.h>

#include "text/html_entities.h"

namespace anomalyclip {
namespace {

using icu::UnicodeString;

/// Appends to the result what the function makes of each character.
UnicodeString map_characters(const UnicodeString& text,
                             const std::function<void(UChar32, UnicodeString&)>& map) {
  UnicodeString result;
  for (int i = 0; i < text.length(); i = text.moveIndex32(i, 1)) map(text.char32At(i), result);
  return result;
}

UnicodeString normalized(const icu::Normalizer2* form, const UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  UnicodeString result = form->normalize(text, status);
  if (U_FAILURE(status))
    throw Error(ErrorCode::kRead, std::string("Cannot normalise a text: ") + u_errorName(status));
  return result;
}

const icu::Normalizer2* composition(bool compatible) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* form = compatible ? icu::Normalizer2::getNFKCInstance(status)
                                            : icu::Normalizer2::getNFCInstance(status);
  if (U_FAILURE(status))
    throw Error(ErrorCode::kRead,
                std::string("ICU has no normalisation data: ") + u_errorName(status));
  return form;
}

/// Latin ligatures, and digraphs that are one character for the sake of old encodings; null:
/// neither.
const char16_t* separated(UChar32 c) {
  switch (c) {
    case 0x132:
      return u"IJ";
    case 0x133:
      return u"ij";
    case 0x149:
      return u"\u02BCn";
    case 0x1F1:
      return u"DZ";
    case 0x1F2:
      return u"Dz";
    case 0x1F3:
      return u"dz";
    case 0x1C4:
      return u"D\u017D";
    case 0x1C5:
      return u"D\u017E";
    case 0x1C6:
      return u"d\u017E";
    case 0x1C7:
      return u"LJ";
    case 0x1C8:
      return u"Lj";
    case 0x1C9:
      return u"lj";
    case 0x1CA:
      return u"NJ";
    case 0x1CB:
      return u"Nj";
    case 0x1CC:
      return u"nj";
    case 0xFB00:
      return u"ff";
    case 0xFB01:
      return u"fi";
    case 0xFB02:
      return u"fl";
    case 0xFB03:
      return u"ffi";
    case 0xFB04:
      return u"ffl";
    case 0xFB05:
      return u"\u017Ft";
    case 0xFB06:
      return u"st";
    default:
      return nullptr;
  }
}

UnicodeString without_c1_controls(const UnicodeString& text) {
  return map_characters(text,
                        [](UChar32 c, UnicodeString& out) { out.append(from_windows_1252(c)); });
}

UnicodeString separate_ligatures(const UnicodeString& text) {
  return map_characters(text, [](UChar32 c, UnicodeString& out) {
    if (const char16_t* letters = separated(c))
      out.append(letters, -1);
    else
      out.append(c);
  });
}

UnicodeString usual_width(const UnicodeString& text) {
  return map_characters(text, [](UChar32 c, UnicodeString& out) {
    if (c == 0x3000)
      out.append(u' ');
    else if (c >= 0xFF01 && c < 0xFFF0)
      out.append(normalized(composition(/*compatible=*/true), UnicodeString(c)));
    else
      out.append(c);
  });
}

UnicodeString straighten_quotes(const UnicodeString& text) {
  return map_characters(text, [](UChar32 c, UnicodeString& out) {
    if (c == 0x2BC || (c >= 0x2018 && c <= 0x201B)) c = '\'';
    if (c >= 0x201C && c <= 0x201F) c = '"';
    out.append(c);
  });
}

/// CR LF becomes two: white space is collapsed afterwards.
UnicodeString unix_line_breaks(const UnicodeString& text) {
  return map_characters(text, [](UChar32 c, UnicodeString& out) {
    const bool line_break = c == '\r' || c == 0x2028 || c == 0x2029;
    out.append(line_break ? UChar32{'\n'} : c);
  });
}

/// ESC [ digits and semicolons, a letter.
UnicodeString without_terminal_escapes(const UnicodeString& text) {
  UnicodeString result;
  for (int i = 0; i < text.length();) {
    int end = i;
    if (text.charAt(i) == 0x1B && text.charAt(i + 1) == '[') {
      end = i + 2;
      while (u_isdigit(text.charAt(end)) || text.charAt(end) == ';') ++end;
      const char16_t last = text.charAt(end);
      const bool letter = (last >= 'a' && last <= 'z') || (last >= 'A' && last <= 'Z');
      end = letter ? end + 1 : i;
    }
    if (end == i) result.append(text.charAt(end++));
    i = end;
  }
  return result;
}

UnicodeString without_control_characters(const UnicodeString& text) {
  return map_characters(text, [](UChar32 c, UnicodeString& out) {
    const bool control = c <= 0x08 || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F ||
                         (c >= 0x206A && c <= 0x206F) || c == 0xFEFF ||
                         (c >= 0xFFF9 && c <= 0xFFFC);
    if (!control) out.append(c);
  });
}

UnicodeString repaired(UnicodeString text) {
  const bool has_markup = text.indexOf(u'<') >= 0;
  while (true) {
    const UnicodeString before = text;
    if (!has_markup) text = unescape_html(text, /*lenient=*/false);
    text = straighten_quotes(usual_width(separate_ligatures(without_c1_controls(text))));
    text = without_control_characters(without_terminal_escapes(unix_line_breaks(text)));
    text = normalized(composition(/*compatible=*/false), text);
    if (text == before) return text;
  }
}

UnicodeString single_spaced(const UnicodeString& text) {
  bool space = false;
  return map_characters(text, [&](UChar32 c, UnicodeString& out) {
    const bool white = u_isUWhiteSpace(c) || (c >= 0x1C && c <= 0x1F);
    if (!white && space && !out.isEmpty()) out.append(u' ');
    if (!white) out.append(c);
    space = white;
  });
}

}  // namespace

UnicodeString clean_text(const std::string& utf8) {
  UnicodeString text = repaired(UnicodeString::fromUTF8(utf8));
  text = unescape_html(unescape_html(text, /*lenient=*/true), /*lenient=*/true);
  return single_spaced(text).toLower(icu::Locale::getRoot());
}

}  // namespace anomalyclip
