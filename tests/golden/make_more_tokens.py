"""Writes more_tokens.json: texts that need cleaning, with their tokens (without start, end and padding).

    python make_more_tokens.py        # needs open_clip_torch with ftfy
"""
import json
import pathlib

import open_clip

texts = [
    "caf&eacute; &#233;&#xE9; &copy &copy; &amp;lt; &ndash; &unknown; &notit; a&b",
    "<b>&rsquo;quoted&rsquo;</b> &amp;amp;",
    "&#x80;&#150; &#0; &#xD800; &#99999999; &# &#x; &;",
    "ﬀ ﬁ ﬂ ﬃ ﬄ ﬅ ﬆ Ĳ ĳ ŉ Ǆ ǅ ǆ Ǉ ǈ ǉ Ǌ ǋ ǌ Ǳ ǲ ǳ",
    "ＦＵＬＬ　ｗｉｄｔｈ　１２３！ ｶﾞﾀ ﾊﾝｶｸ",
    "‘single’ ‚low’ “double” ‟rev‟ ʼn",
    "line\r\nbreak\rcarriage\u2028line\u2029paragraph\u0085next",
    "\x1b[36;44mcoloured\x1b[0m \x1b[ plain",
    "bell\x07 null\x00 del\x7f bom\ufeff object\ufffc \u206a",
    "e\u0301 A\u030a \u1112\u1161\u11ab",
    "ΟΔΟΣ ὈΔΥΣΣΕΎΣ İstanbul STRASSE ẞ",
    "can't won't they're I've I'm she'll he'd rock'n'roll 'tis !'s",
    "<start_of_text> x<end_of_text>y !<end_of_text> <START_OF_TEXT>",
    "½ ² Ⅷ ٣ 一二三 ①②③ 3.14e-10",
    "no\u00a0break\u2003em\u3000ideographic\u200bzero\u200dwidth",
    "👩🏽‍🔧🏴󠁧󠁢󠁷󠁬󠁳󠁿 ☃️ ✓✗",
    "हिन्दी ไทย العربية עברית",
    "a_b-c/d\\e|f~g`h@i#j$k%l^m&n*o(p)q",
    "pcb1 capsules2 M3x12mm IP67 10µm ±0.05°",
    "transistor, wood; zipper: tile? grid. leather!",
    " ", "\t\n", ".", "...", "ÿ", "𝒜𝓃ℴ𝓂𝒶𝓁𝓎",
    "X" * 40, "anomalous blemished defective flawed",
]
encode = open_clip.tokenizer.SimpleTokenizer().encode
target = pathlib.Path(__file__).with_name("more_tokens.json")
lines = [json.dumps({"text": t, "ids": encode(t)}, ensure_ascii=True) for t in texts]
target.write_text("[\n" + ",\n".join(lines) + "\n]\n")
