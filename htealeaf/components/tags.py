"""Every element of the HTML standard by its name, and those of SVG that pages use."""

from htealeaf.html.making import tag

a = tag("a")
abbr = tag("abbr")
address = tag("address")
area = tag("area")
article = tag("article")
aside = tag("aside")
audio = tag("audio")
b = tag("b")
base = tag("base")
bdi = tag("bdi")
bdo = tag("bdo")
blockquote = tag("blockquote")
body = tag("body")
br = tag("br")
button = tag("button")
canvas = tag("canvas")
caption = tag("caption")
cite = tag("cite")
code = tag("code")
col = tag("col")
colgroup = tag("colgroup")
data = tag("data")
datalist = tag("datalist")
dd = tag("dd")
del_ = tag("del")
details = tag("details")
dfn = tag("dfn")
dialog = tag("dialog")
div = tag("div")
dl = tag("dl")
dt = tag("dt")
em = tag("em")
embed = tag("embed")
fieldset = tag("fieldset")
figcaption = tag("figcaption")
figure = tag("figure")
footer = tag("footer")
form = tag("form")
h1 = tag("h1")
h2 = tag("h2")
h3 = tag("h3")
h4 = tag("h4")
h5 = tag("h5")
h6 = tag("h6")
head = tag("head")
header = tag("header")
hgroup = tag("hgroup")
hr = tag("hr")
html = tag("html")
i = tag("i")
iframe = tag("iframe")
img = tag("img")
input = tag("input")
ins = tag("ins")
kbd = tag("kbd")
label = tag("label")
legend = tag("legend")
li = tag("li")
link = tag("link")
main = tag("main")
map = tag("map")
mark = tag("mark")
menu = tag("menu")
meta = tag("meta")
meter = tag("meter")
nav = tag("nav")
noscript = tag("noscript")
object = tag("object")
ol = tag("ol")
optgroup = tag("optgroup")
option = tag("option")
output = tag("output")
p = tag("p")
picture = tag("picture")
pre = tag("pre")
progress = tag("progress")
q = tag("q")
rp = tag("rp")
rt = tag("rt")
ruby = tag("ruby")
s = tag("s")
samp = tag("samp")
script = tag("script")
search = tag("search")
section = tag("section")
select = tag("select")
slot = tag("slot")
small = tag("small")
source = tag("source")
span = tag("span")
strong = tag("strong")
style = tag("style")
sub = tag("sub")
summary = tag("summary")
sup = tag("sup")
table = tag("table")
tbody = tag("tbody")
td = tag("td")
template = tag("template")
textarea = tag("textarea")
tfoot = tag("tfoot")
th = tag("th")
thead = tag("thead")
time = tag("time")
title = tag("title")
tr = tag("tr")
track = tag("track")
u = tag("u")
ul = tag("ul")
var = tag("var")
video = tag("video")
wbr = tag("wbr")
svg = tag("svg")
circle = tag("circle")
clipPath = tag("clipPath")
defs = tag("defs")
ellipse = tag("ellipse")
feGaussianBlur = tag("feGaussianBlur")
filter = tag("filter")
foreignObject = tag("foreignObject")
g = tag("g")
image = tag("image")
line = tag("line")
linearGradient = tag("linearGradient")
marker = tag("marker")
mask = tag("mask")
path = tag("path")
pattern = tag("pattern")
polygon = tag("polygon")
polyline = tag("polyline")
radialGradient = tag("radialGradient")
rect = tag("rect")
stop = tag("stop")
symbol = tag("symbol")
text = tag("text")
textPath = tag("textPath")
tspan = tag("tspan")
use = tag("use")

input_ = input
map_ = map
object_ = object
filter_ = filter
time_ = time

__all__ = [
    "a",
    "abbr",
    "address",
    "area",
    "article",
    "aside",
    "audio",
    "b",
    "base",
    "bdi",
    "bdo",
    "blockquote",
    "body",
    "br",
    "button",
    "canvas",
    "caption",
    "circle",
    "cite",
    "clipPath",
    "code",
    "col",
    "colgroup",
    "data",
    "datalist",
    "dd",
    "defs",
    "del_",
    "details",
    "dfn",
    "dialog",
    "div",
    "dl",
    "dt",
    "ellipse",
    "em",
    "embed",
    "feGaussianBlur",
    "fieldset",
    "figcaption",
    "figure",
    "filter",
    "filter_",
    "footer",
    "foreignObject",
    "form",
    "g",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hgroup",
    "hr",
    "html",
    "i",
    "iframe",
    "image",
    "img",
    "input",
    "input_",
    "ins",
    "kbd",
    "label",
    "legend",
    "li",
    "line",
    "linearGradient",
    "link",
    "main",
    "map",
    "map_",
    "mark",
    "marker",
    "mask",
    "menu",
    "meta",
    "meter",
    "nav",
    "noscript",
    "object",
    "object_",
    "ol",
    "optgroup",
    "option",
    "output",
    "p",
    "path",
    "pattern",
    "picture",
    "polygon",
    "polyline",
    "pre",
    "progress",
    "q",
    "radialGradient",
    "rect",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "script",
    "search",
    "section",
    "select",
    "slot",
    "small",
    "source",
    "span",
    "stop",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "symbol",
    "table",
    "tbody",
    "td",
    "template",
    "text",
    "textPath",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "time",
    "time_",
    "title",
    "tr",
    "track",
    "tspan",
    "u",
    "ul",
    "use",
    "var",
    "video",
    "wbr",
]
