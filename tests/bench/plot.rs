//! Plots as SVG, small enough to be written by hand: panels side by side, each value with its label.

use std::fmt::Write as _;

/// What a panel measures over the same places.
pub struct Panel {
    title: String,
    places: Vec<String>,
    lines: Vec<Line>,
}

/// One line of values, each with what is written at it.
struct Line {
    name: String,
    values: Vec<(u128, String)>,
}

const WIDE: u128 = 420;
const HIGH: u128 = 270;
const TOP: u128 = 40;
const LEFT: u128 = 30;
const PLOT_WIDE: u128 = 360;
const PLOT_HIGH: u128 = 150;
/// Told apart by people who see few colours, too.
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#666666"];

impl Panel {
    /// An empty panel over these places.
    pub fn new(title: &str, places: Vec<String>) -> Self {
        Self { title: title.to_owned(), places, lines: vec![] }
    }

    /// One more line: values from left to right with their labels.
    pub fn line(&mut self, name: &str, values: Vec<(u128, String)>) {
        self.lines.push(Line { name: name.to_owned(), values });
    }

    fn place(&self, number: usize) -> u128 {
        let gaps = self.places.len().saturating_sub(1).max(1) as u128;
        LEFT + 20 + (PLOT_WIDE - 40) * number as u128 / gaps
    }

    fn draw(&self, out: &mut String, [across, down]: [u128; 2]) {
        let bottom = TOP + PLOT_HIGH;
        let _ = writeln!(out, "<g transform=\"translate({across} {down})\">");
        let _ = writeln!(out, "<text x=\"{LEFT}\" y=\"20\" font-weight=\"bold\">{}</text>", self.title);
        let right = LEFT + PLOT_WIDE;
        let _ = writeln!(out, "<path d=\"M{LEFT} {TOP}V{bottom}H{right}\" fill=\"none\" stroke=\"#999\"/>");
        for (number, place) in self.places.iter().enumerate() {
            let (x, y) = (self.place(number), bottom + 18);
            let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{place}</text>");
        }
        let most = self.lines.iter().flat_map(|line| line.values.iter().map(|(value, _)| *value)).max();
        let most = most.unwrap_or_default().max(1);
        for ((number, line), colour) in self.lines.iter().enumerate().zip(COLOURS.iter().cycle()) {
            let at = |value: u128| bottom - PLOT_HIGH * value / most;
            let points: Vec<(u128, u128)> =
                line.values.iter().enumerate().map(|(place, (value, _))| (self.place(place), at(*value))).collect();
            let path: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
            let path = path.join(" ");
            let _ = writeln!(out, "<polyline points=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
            for ((x, y), (_, label)) in points.iter().zip(&line.values) {
                let _ = writeln!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"3\" fill=\"{colour}\"/>");
                let above = y.saturating_sub(7);
                let _ = writeln!(
                    out,
                    "<text x=\"{x}\" y=\"{above}\" text-anchor=\"middle\" fill=\"{colour}\">{label}</text>"
                );
            }
            if !line.name.is_empty() {
                let (x, y) = (LEFT + 125 * (number as u128 % 3), bottom + 42 + 16 * (number as u128 / 3));
                let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\" fill=\"{colour}\">{}</text>", line.name);
            }
        }
        let _ = writeln!(out, "</g>");
    }
}

/// How many panels stand beside one another.
const BESIDE: u128 = 3;

/// The panels as one picture.
pub fn svg(panels: &[Panel]) -> String {
    let count = panels.len().max(1) as u128;
    let (wide, high) = (WIDE * count.min(BESIDE), HIGH * count.div_ceil(BESIDE));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {wide} {high}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"{wide}\" height=\"{high}\" fill=\"#fff\"/>\n"
    );
    for (panel, number) in panels.iter().zip(0..) {
        panel.draw(&mut out, [WIDE * (number % BESIDE), HIGH * (number / BESIDE)]);
    }
    out.push_str("</svg>\n");
    out
}
