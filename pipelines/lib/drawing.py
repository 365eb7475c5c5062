"""The few shapes that the summary is made of (cairo)."""
import math

import cairo
import cv2
import numpy as np

INK, GREY, LINE = (0.13, 0.16, 0.20), (0.42, 0.46, 0.51), (0.86, 0.88, 0.90)
PALE, WHITE = (0.955, 0.962, 0.968), (1, 1, 1)
BLUE, RED, AMBER = (0.16, 0.40, 0.66), (0.80, 0.16, 0.14), (0.88, 0.58, 0.10)


def text(context, string, x, y, size, color, bold=False, align=0, room=None):
    """String with its baseline at y; align: 0 left, 0.5 centred, 1 right of x. Cut in front to fit into room pixels."""
    context.select_font_face("DejaVu Sans", cairo.FONT_SLANT_NORMAL,
                             cairo.FONT_WEIGHT_BOLD if bold else cairo.FONT_WEIGHT_NORMAL)
    context.set_font_size(size)
    # Names of files need not be text.
    string = string.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    while room and len(string) > 4 and context.text_extents(string).x_advance > room:
        string = "…" + string[2:]
    context.set_source_rgb(*color)
    context.move_to(x - align * context.text_extents(string).x_advance, y)
    context.show_text(string)


def rounded(context, x, y, width, height, radius, color):
    context.new_sub_path()
    for corner, (cx, cy) in enumerate([(x + width - radius, y + radius), (x + width - radius, y + height - radius),
                                       (x + radius, y + height - radius), (x + radius, y + radius)]):
        context.arc(cx, cy, radius, (corner - 1) * math.pi / 2, corner * math.pi / 2)
    context.close_path()
    context.set_source_rgb(*color)
    context.fill()


def line(context, points, color, width=1.0, dash=()):
    context.set_source_rgb(*color)
    context.set_line_width(width)
    context.set_dash(dash)
    for index, (x, y) in enumerate(points):
        (context.line_to if index else context.move_to)(x, y)
    context.stroke()
    context.set_dash(())


def picture(context, bgr, x, y):
    """An image [H, W, 3] with its top left corner at the pixel nearest to x, y."""
    pixels = np.ascontiguousarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2BGRA))
    surface = cairo.ImageSurface.create_for_data(pixels, cairo.FORMAT_RGB24, bgr.shape[1], bgr.shape[0])
    context.set_source_surface(surface, round(x), round(y))
    context.paint()
    surface.finish()
