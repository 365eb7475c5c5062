# Shared by the scripts in pipelines/ (bash, sourced): options, inputs, where the plugin is. Every function that
# refuses something says what was expected, what was found and what to do. Exit codes: 1 failed, 2 wrong usage.
script="$(basename "$0")"
pipelines_dir="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
project_dir="$(dirname "$pipelines_dir")"
build_dir="${ANOMALYCLIP_BUILD_DIR:-$project_dir/build}"

fail() { echo "$script: $*" >&2; exit 1; }
usage_error() { echo "$script: $* (see $script --help)" >&2; exit 2; }

# ---------------------------------------------------------------------------------------------- options

inspect_help='  --model FILE       CLIP weights (safetensors; default: the demo model)
  --prompts FILE     what to look for (default: the demo prompts)
  --device NAME      auto, cpu, cuda, cuda:1 ... (default: auto)
  --precision NAME   auto, fp32, bf16x3, bf16, fp16, int8, fp8 (default: auto)
  --threshold X      score from which a frame is anomalous (default: the prompts'"'"')
  --frames N         stop after N frames (default: at the end, or at Ctrl-C)
  --help             this text'

inputs=()         # what stands on the command line beside options
inspect_words=()  # properties of the anomalyclip element, from the options
frames=""         # --frames

# Splits --name=value into two words; the caller sets its parameters from `words`.
split_options() {
  words=()
  local word
  for word in "$@"; do
    if [[ "$word" == --*=* ]]; then words+=("${word%%=*}" "${word#*=}"); else words+=("$word"); fi
  done
}

need_value() { [[ $# -ge 2 && -n "$2" && "$2" != --* ]] || usage_error "$1 needs a value"; }

need_count() {
  need_value "$@"
  [[ "$2" =~ ^[1-9][0-9]{0,8}$ ]] || usage_error "$1 needs a whole number from 1, found '$2'"
}

# Takes one option that all scripts share, or an input; `consumed` says how many words it was.
take_shared_option() {
  consumed=2
  case "$1" in
    --help | -h) usage; exit 0 ;;
    --model | --prompts)
      need_value "$@"
      [[ -e "$2" ]] || fail "$1: expected a safetensors file, found no '$2'"
      inspect_words+=("${1#--}=$2") ;;
    --device) need_value "$@"; inspect_words+=("device=$2") ;;
    --precision)
      need_value "$@"
      [[ "$2" =~ ^(auto|fp32|bf16x3|bf16|fp16|int8|fp8)$ ]] ||
        usage_error "--precision is one of auto, fp32, bf16x3, bf16, fp16, int8, fp8, not '$2'"
      inspect_words+=("precision=$2") ;;
    --threshold)
      need_value "$@"
      [[ "$2" =~ ^(0?\.[0-9]+|[01](\.0*)?)$ ]] || usage_error "--threshold is a number from 0 to 1, not '$2'"
      inspect_words+=("threshold=$2") ;;
    --frames) need_count "$@"; frames="$2" ;;
    -?*) usage_error "unknown option $1" ;;
    *) inputs+=("$1"); consumed=1 ;;
  esac
}

# ---------------------------------------------------------------------------------------------- the plugin

# Puts the plugin on the path: the one in build/ beside this folder, else the one that is installed.
use_plugin() {
  command -v gst-launch-1.0 >/dev/null ||
    fail "gst-launch-1.0 is missing; run $project_dir/subprojects/setup.sh, or install gstreamer1.0-tools"
  if [[ -e "$build_dir/gst/libgstanomalyclip.so" ]]; then
    export GST_PLUGIN_PATH="$build_dir/gst${GST_PLUGIN_PATH:+:$GST_PLUGIN_PATH}"
    export GI_TYPELIB_PATH="$build_dir/gst/anomaly${GI_TYPELIB_PATH:+:$GI_TYPELIB_PATH}"
    export LD_LIBRARY_PATH="$build_dir/gst/anomaly${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  fi
  # Without a version, --exists asks for one not older than GStreamer.
  gst-inspect-1.0 --exists --atleast-version=0.0 anomalyclip ||
    fail "GStreamer has no element 'anomalyclip': neither in $build_dir nor installed; run $pipelines_dir/demo.sh" \
      "(it builds the plugin), or set GST_PLUGIN_PATH to the folder with libgstanomalyclip.so"
}

# Sets `python` to the interpreter that has Debian's GStreamer, OpenCV and cairo modules.
find_python() {
  for python in python3 /usr/bin/python3; do
    "$python" -c 'import gi, numpy, cv2, cairo' 2>/dev/null && return
  done
  fail "no Python with gi, numpy, cv2 and cairo; run $project_dir/subprojects/setup.sh, or install" \
    "python3-gi python3-gst-1.0 python3-numpy python3-opencv python3-cairo"
}

# ---------------------------------------------------------------------------------------------- inputs

# Looks at INPUT and sets `kind` (folder, video, live), `source` (gst-launch words of raw video) and `origins`, to which
# it adds. The elements' names end in NUMBER, from 0 on; frames are counted and streams ended at inlet$NUMBER. Without
# qos=false a converter drops frames when a sink behind it is late.
origins=()
open_input() {
  local input="$1"
  number="${2:-0}"
  case "$input" in
    rtsp://* | rtsps://*)
      kind=live
      source=(rtspsrc "name=source$number" "location=$input" protocols=tcp latency=200 tcp-timeout=5000000
              ! application/x-rtp,media=video ! decodebin "name=decode$number") ;;
    *://*)
      usage_error "'$input': expected a file, a folder, /dev/videoN or rtsp://..., found another kind of address" ;;
    /dev/*) open_camera "$input" ;;
    test | test:*)
      kind=live
      local pattern="${input#test}"
      source=(videotestsrc "name=source$number" is-live=true "pattern=${pattern#:}"
              ! video/x-raw,format=I420,width=640,height=480,framerate=25/1)
      [[ -n "$pattern" ]] || source[3]=pattern=ball ;;
    *) open_path "$input" ;;
  esac
  source+=(! identity "name=inlet$number" ! videoconvert qos=false)
  origins+=(--source "$kind" "$input")
}

open_camera() {
  local found
  found="$(compgen -G '/dev/video*' | tr '\n' ' ' || true)"
  [[ -e "$1" ]] || fail "no camera at $1; this machine has: ${found:-none}"
  [[ -c "$1" ]] || fail "$1: expected a camera (a V4L2 device such as /dev/video0), found something else"
  [[ -r "$1" && -w "$1" ]] || fail "$1: no permission; run: sudo usermod -aG video \$USER, and log in again"
  kind=live
  source=(v4l2src "name=source$number" "device=$1" ! decodebin "name=decode$number")
}

open_path() {
  [[ -e "$1" ]] ||
    fail "'$1': expected a folder of images, a video file, /dev/videoN or rtsp://..., found nothing there"
  [[ -r "$1" ]] || fail "'$1': no permission to read it"
  if [[ -d "$1" ]] || is_image "$1"; then
    kind=folder
    source=(appsrc name=images)
    return
  fi
  [[ -s "$1" ]] || fail "'$1': expected a video, found an empty file"
  kind=video
  source=(filesrc "name=source$number" "location=$1" ! decodebin "name=decode$number" expose-all-streams=false "caps=video/x-raw(ANY)"
          ! videoconvert qos=false ! videoflip qos=false video-direction=auto)
}

is_image() {
  shopt -s nocasematch
  local result=1
  [[ -f "$1" && "$1" =~ \.(png|jpe?g|bmp|tiff?|webp|p[gp]m)$ ]] && result=0
  shopt -u nocasematch
  return $result
}

# A name for files and records, made from an input: rtsp://user:secret@host/cam1 -> host-cam1.
stream_name() {
  local name="${1#*://}"
  name="${name##*@}"
  name="${name#/dev/}"
  name="$(tr -cs 'A-Za-z0-9._' '-' <<<"$name")"
  name="${name#-}"
  echo "${name%-}"
}

# ---------------------------------------------------------------------------------------------- outputs

# Makes the folder that the files go to, or says why it cannot be.
prepare_out() {
  [[ ! -e "$1" || -d "$1" ]] || fail "--out '$1': expected a folder, found a file"
  mkdir -p "$1" 2>/dev/null && [[ -w "$1" ]] ||
    fail "--out '$1': cannot write there; give a folder that you may write to"
}

# The build's command, else the one on the path.
anomalyclip_command() {
  if [[ -x "$build_dir/trainer/anomalyclip" ]]; then
    "$build_dir/trainer/anomalyclip" "$@"
  else
    anomalyclip "$@"
  fi
}

# ---------------------------------------------------------------------------------------------- gst-launch

# A window. It waits for the clock where the source does not, and never asks for frames to be dropped.
view_words() {
  view=(! queue max-size-buffers=2 ! videoconvert)
  [[ "$1" == live ]] || view+=(! clocksync)
  view+=(! autovideosink sync=false)
}

need_display() {
  [[ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" || -n "$print" ]] ||
    fail "there is no display to open a window on (DISPLAY is not set); use --headless"
}

# Runs the line to its end; with --print, shows what gst-launch-1.0 would be given. Uses `origins`: --source KIND NAME ...
launch() {
  if [[ -n "$print" ]]; then
    [[ -z "${GST_PLUGIN_PATH:-}" ]] || printf 'GST_PLUGIN_PATH=%q ' "$GST_PLUGIN_PATH"
    printf 'gst-launch-1.0 -q -e'
    printf ' %q' "$@"
    printf '\n'
    return
  fi
  find_python
  exec "$python" "$pipelines_dir/lib/launch.py" --script "$script" "${origins[@]}" ${frames:+--frames "$frames"} -- "$@"
}
