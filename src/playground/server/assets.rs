//! The files of the page, compiled into the program and served as they are.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// A file under `page/`: the path that it is served at, its media type and its content.
struct Asset(&'static str, &'static str, &'static str);

const ASSETS: &[Asset] = &[
    Asset("/", HTML, include_str!("../page/index.html")),
    Asset("/app.css", CSS, include_str!("../page/app.css")),
    Asset("/icon.svg", SVG, include_str!("../page/icon.svg")),
    Asset("/app.js", SCRIPT, include_str!("../page/app.js")),
    Asset(
        "/attachment.js",
        SCRIPT,
        include_str!("../page/attachment.js"),
    ),
    Asset("/buttons.js", SCRIPT, include_str!("../page/buttons.js")),
    Asset("/chats.js", SCRIPT, include_str!("../page/chats.js")),
    Asset("/commands.js", SCRIPT, include_str!("../page/commands.js")),
    Asset("/composer.js", SCRIPT, include_str!("../page/composer.js")),
    Asset("/dom.js", SCRIPT, include_str!("../page/dom.js")),
    Asset("/events.js", SCRIPT, include_str!("../page/events.js")),
    Asset("/faults.js", SCRIPT, include_str!("../page/faults.js")),
    Asset("/inline.js", SCRIPT, include_str!("../page/inline.js")),
    Asset("/lightbox.js", SCRIPT, include_str!("../page/lightbox.js")),
    Asset("/messages.js", SCRIPT, include_str!("../page/messages.js")),
    Asset("/model.js", SCRIPT, include_str!("../page/model.js")),
    Asset("/popup.js", SCRIPT, include_str!("../page/popup.js")),
    Asset("/requests.js", SCRIPT, include_str!("../page/requests.js")),
    Asset("/sheets.js", SCRIPT, include_str!("../page/sheets.js")),
    Asset("/theme.js", SCRIPT, include_str!("../page/theme.js")),
    Asset("/traffic.js", SCRIPT, include_str!("../page/traffic.js")),
];

/// The routes of the page's files.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    ASSETS
        .iter()
        .fold(Router::new(), |router, &Asset(path, kind, content)| {
            let answer = move || async move { ([(CONTENT_TYPE, kind)], content) };
            router.route(path, get(answer))
        })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::{ASSETS, SCRIPT};

    fn served() -> BTreeSet<String> {
        ASSETS.iter().map(|asset| asset.0.to_owned()).collect()
    }

    #[test]
    fn every_file_of_the_page_is_served() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/playground/page");
        let mut files: BTreeSet<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| format!("/{}", entry.unwrap().file_name().to_string_lossy()))
            .collect();
        assert!(files.remove("/index.html"), "{files:?}");
        files.insert("/".to_owned());
        assert_eq!(served(), files);
    }

    #[test]
    fn every_module_that_a_script_imports_is_served() {
        let served = served();
        let mut imports = 0;
        for asset in ASSETS.iter().filter(|asset| asset.1 == SCRIPT) {
            for line in asset.2.lines().filter(|line| line.contains("} from \"")) {
                let (_, module) = line.split_once("\"./").unwrap();
                let module = module.strip_suffix("\";").unwrap();
                assert!(
                    served.contains(&format!("/{module}")),
                    "{}: {line}",
                    asset.0
                );
                imports += 1;
            }
        }
        assert!(imports > 0);
    }
}
