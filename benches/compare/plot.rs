//! The figures as a picture: docs/performance.svg.

use crate::measure::Figure;
use crate::report::{Report, Who, short};
use crate::{Kind, OURS, REFERENCE};

const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 640.0;
const EDGE: f64 = 32.0;

/// Readable on light and dark pages: it brings its own ground, and follows the reader's choice.
const STYLE: &str = "
  .ground { fill: #ffffff; stroke: #d8dee4 } .track { fill: #eff2f5 } .axis { stroke: #d8dee4 }
  .theirs { fill: #9aa7b4 } .ours { fill: #0e8a7d } .wait { fill: #d5dce3 }
  text { fill: #1f2933; font: 14px system-ui, -apple-system, 'Segoe UI', sans-serif }
  .title { font-size: 20px; font-weight: 650 } .head { font-size: 15px; font-weight: 650 }
  .faint { fill: #5b6875; font-size: 13px } .ratio { fill: #0e8a7d; font-size: 26px; font-weight: 700 }
  .strong { font-weight: 650 } .right { text-anchor: end }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; stroke: #30363d } .track { fill: #1c232b } .axis { stroke: #30363d }
    .theirs { fill: #6e7b89 } .ours { fill: #2dc7b4 } .wait { fill: #343d47 }
    text { fill: #e6edf3 } .faint { fill: #9aa7b4 } .ratio { fill: #2dc7b4 }
  }
";

/// The elements so far.
struct Picture(String);

impl Picture {
    fn bar(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64) {
        // Never so thin that it is not seen.
        let width = width.max(2.0);
        self.0 += &format!(
            "<rect class='{class}' x='{x:.1}' y='{y:.1}' width='{width:.1}' height='{height}' rx='2'/>\n"
        );
    }

    fn text(&mut self, class: &str, x: f64, y: f64, words: &str) {
        self.0 += &format!("<text class='{class}' x='{x:.1}' y='{y:.1}'>{words}</text>\n");
    }
}

/// The whole picture.
pub fn svg(report: &Report) -> String {
    let mut picture = Picture(String::new());
    picture.text(
        "title",
        EDGE,
        46.0,
        "clip-bot beside the reference’s Python stack",
    );
    let subtitle = "same machine, same Telegram, same searches; medians";
    picture.text("faint right", WIDTH - EDGE, 46.0, subtitle);
    rates(&mut picture, report, 88.0);
    smaller(&mut picture, report, 292.0);
    waits(&mut picture, report, 468.0);
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' role='img'>\n\
         <title>clip-bot beside the reference’s Python stack</title>\n<style>{STYLE}</style>\n\
         <rect class='ground' x='0.5' y='0.5' width='{}' height='{}' rx='12'/>\n{}</svg>\n",
        WIDTH - 1.0,
        HEIGHT - 1.0,
        picture.0
    )
}

/// Queries a second, as long bars.
fn rates(picture: &mut Picture, report: &Report, top: f64) {
    let (left, room) = (220.0, 520.0);
    let queries = report.load.queries;
    let head = format!("Queries a second, {queries} users asking at once");
    picture.text("head", EDGE, top, &head);
    let rows: [(Who, &str); 5] = [
        (REFERENCE, "reference, 2 threads"),
        ((Kind::Seed, 32), "reference, 32 threads"),
        ((Kind::Album, 32), "… used well, 32 threads"),
        (OURS, "clip-bot, 16 workers"),
        ((OURS.0, 32), "clip-bot, 32 workers"),
    ];
    let rate = |who| report.median(who, Figure::Rate);
    let most = rows.iter().map(|(who, _)| rate(*who)).fold(0.0, f64::max);
    let mut y = top + 16.0;
    for (who, name) in rows {
        let (length, class) = (rate(who) / most * room, class(who));
        picture.text("", EDGE, y + 18.0, name);
        picture.bar("track", left, y + 3.0, room, 20.0);
        picture.bar(class, left, y + 3.0, length, 20.0);
        let times = rate(who) / rate(REFERENCE);
        picture.text(
            "strong right",
            left + room + 62.0,
            y + 18.0,
            &short(rate(who)),
        );
        picture.text(
            "faint right",
            WIDTH - EDGE,
            y + 18.0,
            &format!("{times:.1} ×"),
        );
        y += 32.0;
    }
}

/// Four small pictures of two bars.
fn smaller(picture: &mut Picture, report: &Report, top: f64) {
    let both = |figure| {
        (
            report.median(REFERENCE, figure),
            report.median(OURS, figure),
        )
    };
    let size = |rows: &[(String, f64)]| rows.iter().map(|(_, bytes)| bytes / 1e6).sum();
    // Their Python may be there anyway, so only their packages count.
    let installed = (size(&report.installed[1..2]), size(&report.installed[..1]));
    let panels = [
        ("Start to first poll", "ms", both(Figure::Start)),
        ("Memory while idle", "MiB", both(Figure::Idle)),
        ("CPU a query", "ms", both(Figure::Cpu)),
        ("Installed, without Python", "MB", installed),
    ];
    let step = (WIDTH - 2.0 * EDGE + 24.0) / 4.0;
    let room = step - 24.0;
    let mut x = EDGE;
    for (name, unit, (theirs, ours)) in panels {
        picture.text("head", x, top, name);
        picture.text(
            "ratio",
            x,
            top + 34.0,
            &format!("{:.1} × less", theirs / ours),
        );
        for (class, who, value, y) in [
            ("theirs", "reference", theirs, top + 48.0),
            ("ours", "clip-bot", ours, top + 88.0),
        ] {
            picture.bar("track", x, y, room, 12.0);
            picture.bar(class, x, y, value / theirs.max(ours) * room, 12.0);
            picture.text("faint", x, y + 27.0, who);
            let value = format!("{} {unit}", short(value));
            picture.text("strong right", x + room, y + 27.0, &value);
        }
        x += step;
    }
}

/// What user B sees, over time.
fn waits(picture: &mut Picture, report: &Report, top: f64) {
    let (left, room) = (220.0, 640.0);
    let flood = report.load.flood;
    let head = format!("User B asks while user A has {flood} queries waiting");
    picture.text("head", EDGE, top, &head);
    picture.bar("wait", WIDTH - EDGE - 368.0, top - 11.0, 12.0, 12.0);
    picture.text("faint", WIDTH - EDGE - 350.0, top, "until B hears anything");
    picture.bar("theirs", WIDTH - EDGE - 200.0, top - 11.0, 6.0, 12.0);
    picture.bar("ours", WIDTH - EDGE - 194.0, top - 11.0, 6.0, 12.0);
    picture.text(
        "faint right",
        WIDTH - EDGE,
        top,
        "until B’s pictures are there",
    );
    let rows: [(Who, &str); 3] = [
        (REFERENCE, "reference, 2 threads"),
        ((Kind::Seed, 32), "reference, 32 threads"),
        (OURS, "clip-bot, 16 workers"),
    ];
    let seconds = |who, figure| report.median(who, figure) / 1000.0;
    let most = rows
        .iter()
        .map(|(who, _)| seconds(*who, Figure::Wait))
        .fold(0.0, f64::max);
    let scale = (room - 80.0) / most;
    let bottom = top + 18.0 + 32.0 * 3.0;
    let mut tick = 0.0;
    while tick * scale <= room {
        let x = left + tick * scale;
        picture.0 += &format!(
            "<path class='axis' d='M{x:.1} {:.1}V{bottom:.1}'/>\n",
            top + 14.0
        );
        picture.text("faint", x - 4.0, bottom + 18.0, &format!("{tick} s"));
        tick += (most / 8.0).ceil();
    }
    let mut y = top + 16.0;
    for (who, name) in rows {
        let (word, pictures) = (
            seconds(who, Figure::Acknowledged),
            seconds(who, Figure::Wait),
        );
        picture.text("", EDGE, y + 18.0, name);
        picture.bar("wait", left, y + 3.0, word * scale, 20.0);
        picture.bar(
            class(who),
            left + word * scale,
            y + 3.0,
            (pictures - word) * scale,
            20.0,
        );
        let words = if pictures < 1.0 {
            format!("{:.0} ms", pictures * 1000.0)
        } else {
            format!("{pictures:.1} s")
        };
        picture.text("strong", left + pictures * scale + 10.0, y + 18.0, &words);
        y += 32.0;
    }
}

fn class((kind, _): Who) -> &'static str {
    match kind {
        Kind::Seed | Kind::Album => "theirs",
        Kind::ClipBot { .. } => "ours",
    }
}
