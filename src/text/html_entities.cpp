#include "text/html_entities.h"

#include <optional>
#include <sstream>
#include <unordered_map>

#include <unicode/uchar.h>

namespace anomalyclip {
namespace {

/// U+00A0 to U+00FF in order: the entities that may lack their semicolon.
constexpr const char* kLatin1 =
    "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg "
    "plusmn sup2 sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 "
    "iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave Eacute Ecirc Euml "
    "Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave "
    "Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil "
    "egrave eacute ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde "
    "ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml ";

constexpr std::pair<const char*, char32_t> kOthers[] = {
    {"quot", 0x22},     {"amp", 0x26},       {"lt", 0x3C},       {"gt", 0x3E},
    {"OElig", 0x152},   {"oelig", 0x153},    {"Scaron", 0x160},  {"scaron", 0x161},
    {"Yuml", 0x178},    {"fnof", 0x192},     {"circ", 0x2C6},    {"tilde", 0x2DC},
    {"Alpha", 0x391},   {"Beta", 0x392},     {"Gamma", 0x393},   {"Delta", 0x394},
    {"Epsilon", 0x395}, {"Zeta", 0x396},     {"Eta", 0x397},     {"Theta", 0x398},
    {"Iota", 0x399},    {"Kappa", 0x39A},    {"Lambda", 0x39B},  {"Mu", 0x39C},
    {"Nu", 0x39D},      {"Xi", 0x39E},       {"Omicron", 0x39F}, {"Pi", 0x3A0},
    {"Rho", 0x3A1},     {"Sigma", 0x3A3},    {"Tau", 0x3A4},     {"Upsilon", 0x3A5},
    {"Phi", 0x3A6},     {"Chi", 0x3A7},      {"Psi", 0x3A8},     {"Omega", 0x3A9},
    {"alpha", 0x3B1},   {"beta", 0x3B2},     {"gamma", 0x3B3},   {"delta", 0x3B4},
    {"epsilon", 0x3B5}, {"zeta", 0x3B6},     {"eta", 0x3B7},     {"theta", 0x3B8},
    {"iota", 0x3B9},    {"kappa", 0x3BA},    {"lambda", 0x3BB},  {"mu", 0x3BC},
    {"nu", 0x3BD},      {"xi", 0x3BE},       {"omicron", 0x3BF}, {"pi", 0x3C0},
    {"rho", 0x3C1},     {"sigmaf", 0x3C2},   {"sigma", 0x3C3},   {"tau", 0x3C4},
    {"upsilon", 0x3C5}, {"phi", 0x3C6},      {"chi", 0x3C7},     {"psi", 0x3C8},
    {"omega", 0x3C9},   {"thetasym", 0x3D1}, {"upsih", 0x3D2},   {"piv", 0x3D6},
    {"ensp", 0x2002},   {"emsp", 0x2003},    {"thinsp", 0x2009}, {"zwnj", 0x200C},
    {"zwj", 0x200D},    {"lrm", 0x200E},     {"rlm", 0x200F},    {"ndash", 0x2013},
    {"mdash", 0x2014},  {"lsquo", 0x2018},   {"rsquo", 0x2019},  {"sbquo", 0x201A},
    {"ldquo", 0x201C},  {"rdquo", 0x201D},   {"bdquo", 0x201E},  {"dagger", 0x2020},
    {"Dagger", 0x2021}, {"bull", 0x2022},    {"hellip", 0x2026}, {"permil", 0x2030},
    {"prime", 0x2032},  {"Prime", 0x2033},   {"lsaquo", 0x2039}, {"rsaquo", 0x203A},
    {"oline", 0x203E},  {"frasl", 0x2044},   {"euro", 0x20AC},   {"image", 0x2111},
    {"weierp", 0x2118}, {"real", 0x211C},    {"trade", 0x2122},  {"alefsym", 0x2135},
    {"larr", 0x2190},   {"uarr", 0x2191},    {"rarr", 0x2192},   {"darr", 0x2193},
    {"harr", 0x2194},   {"crarr", 0x21B5},   {"lArr", 0x21D0},   {"uArr", 0x21D1},
    {"rArr", 0x21D2},   {"dArr", 0x21D3},    {"hArr", 0x21D4},   {"forall", 0x2200},
    {"part", 0x2202},   {"exist", 0x2203},   {"empty", 0x2205},  {"nabla", 0x2207},
    {"isin", 0x2208},   {"notin", 0x2209},   {"ni", 0x220B},     {"prod", 0x220F},
    {"sum", 0x2211},    {"minus", 0x2212},   {"lowast", 0x2217}, {"radic", 0x221A},
    {"prop", 0x221D},   {"infin", 0x221E},   {"ang", 0x2220},    {"and", 0x2227},
    {"or", 0x2228},     {"cap", 0x2229},     {"cup", 0x222A},    {"int", 0x222B},
    {"there4", 0x2234}, {"sim", 0x223C},     {"cong", 0x2245},   {"asymp", 0x2248},
    {"ne", 0x2260},     {"equiv", 0x2261},   {"le", 0x2264},     {"ge", 0x2265},
    {"sub", 0x2282},    {"sup", 0x2283},     {"nsub", 0x2284},   {"sube", 0x2286},
    {"supe", 0x2287},   {"oplus", 0x2295},   {"otimes", 0x2297}, {"perp", 0x22A5},
    {"sdot", 0x22C5},   {"lceil", 0x2308},   {"rceil", 0x2309},  {"lfloor", 0x230A},
    {"rfloor", 0x230B}, {"lang", 0x27E8},    {"rang", 0x27E9},   {"loz", 0x25CA},
    {"spades", 0x2660}, {"clubs", 0x2663},   {"hearts", 0x2665}, {"diams", 0x2666}};

struct Entity {
  char32_t character;
  bool semicolon_optional;
};

const std::unordered_map<std::string, Entity>& entities() {
  static const std::unordered_map<std::string, Entity> table = [] {
    std::unordered_map<std::string, Entity> map;
    std::istringstream names(kLatin1);
    std::string name;
    for (char32_t character = 0xA0; names >> name; ++character) map[name] = {character, true};
    for (const auto& [other, character] : kOthers) map[other] = {character, character < 0x80};
    map["AMP"] = {'&', true};
    map["LT"] = {'<', true};
    map["GT"] = {'>', true};
    map["QUOT"] = {'"', true};
    map["COPY"] = {0xA9, true};
    map["REG"] = {0xAE, true};
    return map;
  }();
  return table;
}

/// Some text that a reference stands for, and the number of characters that the reference took.
struct Replacement {
  icu::UnicodeString text;
  int length;
};

bool is_never_a_character(char32_t c) {
  return (c >= 0x1 && c <= 0x8) || c == 0xB || (c >= 0xE && c <= 0x1F) ||
         (c >= 0x7F && c <= 0x9F) || (c >= 0xFDD0 && c <= 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

icu::UnicodeString numbered(char32_t c) {
  constexpr char32_t kReplacement = 0xFFFD;
  if (c >= 0x80 && c <= 0x9F) return icu::UnicodeString(from_windows_1252(static_cast<UChar32>(c)));
  if (c == 0 || (c >= 0xD800 && c <= 0xDFFF) || c > 0x10FFFF)
    return icu::UnicodeString(static_cast<UChar32>(kReplacement));
  return is_never_a_character(c) ? icu::UnicodeString()
                                 : icu::UnicodeString(static_cast<UChar32>(c));
}

/// "&#233;" or "&#xE9;" at `start`.
std::optional<Replacement> numeric_reference(const icu::UnicodeString& text, int start,
                                             bool lenient) {
  int at = start + 2;
  const bool hex = text.charAt(at) == 'x' || text.charAt(at) == 'X';
  const std::int8_t radix = hex ? 16 : 10;
  at += hex;
  const int first = at;
  char32_t value = 0;
  for (; text.charAt(at) < 0x80 && u_digit(text.charAt(at), radix) >= 0; ++at)
    value =
        std::min<char32_t>(0x110000, value * static_cast<char32_t>(radix) +
                                         static_cast<char32_t>(u_digit(text.charAt(at), radix)));
  const bool closed = text.charAt(at) == ';';
  if (at == first || !(closed || lenient)) return std::nullopt;
  return Replacement{numbered(value), at + closed - start};
}

/// "&eacute;" at `start`; the longest name that is one.
std::optional<Replacement> named_reference(const icu::UnicodeString& text, int start,
                                           bool lenient) {
  std::string name;
  int at = start + 1;
  for (; name.size() < 32 && text.charAt(at) < 0x80 && u_isalnum(text.charAt(at)); ++at)
    name += static_cast<char>(text.charAt(at));
  if (text.charAt(at) == ';') {
    const auto found = entities().find(name);
    if (found != entities().end())
      return Replacement{icu::UnicodeString(static_cast<UChar32>(found->second.character)),
                         at + 1 - start};
  }
  for (; lenient && name.size() > 1; name.pop_back()) {
    const auto found = entities().find(name);
    if (found != entities().end() && found->second.semicolon_optional)
      return Replacement{icu::UnicodeString(static_cast<UChar32>(found->second.character)),
                         static_cast<int>(name.size()) + 1};
  }
  return std::nullopt;
}

}  // namespace

UChar32 from_windows_1252(UChar32 c) {
  static constexpr char16_t kWindows1252[32] = {
      0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
      0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};
  return c >= 0x80 && c <= 0x9F ? kWindows1252[c - 0x80] : c;
}

icu::UnicodeString unescape_html(const icu::UnicodeString& text, bool lenient) {
  icu::UnicodeString result;
  for (int i = 0; i < text.length();) {
    std::optional<Replacement> replacement;
    if (text.charAt(i) == '&')
      replacement = text.charAt(i + 1) == '#' ? numeric_reference(text, i, lenient)
                                              : named_reference(text, i, lenient);
    result.append(replacement ? replacement->text : icu::UnicodeString(text.charAt(i)));
    i += replacement ? replacement->length : 1;
  }
  return result;
}

}  // namespace anomalyclip
