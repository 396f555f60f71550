//! Pictures that are to be hidden until somebody asks to see them: those below a folder with a file
//! [`MARKER`]. Looked up when a picture is found, so that neither marking a folder nor taking the mark
//! away needs a run over the pictures.

use crate::collection::Place;

/// The file that marks a folder, with all that is below it.
const MARKER: &str = ".sensitive";

/// Whether the picture lies below a marked folder, from the one that was indexed down.
pub(super) fn is_sensitive(place: &Place) -> bool {
    let Place::File { root, path } = place else {
        return false;
    };
    let mut folders = path.ancestors().skip(1);
    folders.any(|folder| root.join(folder).join(MARKER).symlink_metadata().is_ok())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn a_marked_folder_hides_what_is_below_it_alone() {
        let root = std::env::temp_dir().join(format!("sensitive-{}", std::process::id()));
        fs::create_dir_all(root.join("a/b")).expect("room");
        fs::create_dir_all(root.join("c")).expect("room");
        let is = |path: &str| {
            let (root, path) = (root.clone(), Path::new(path).to_owned());
            is_sensitive(&Place::File { root, path })
        };
        assert!(!is("a/b/1.jpg"));
        fs::write(root.join("a").join(MARKER), "").expect("room");
        assert!(is("a/b/1.jpg") && is("a/2.jpg"));
        assert!(!is("c/3.jpg") && !is("4.jpg"));
        fs::write(root.join(MARKER), "").expect("room");
        assert!(is("c/3.jpg") && is("4.jpg"));
        let url = Place::Url {
            list: root.join("list"),
            url: "http://h/1".to_owned(),
        };
        assert!(!is_sensitive(&url));
        fs::remove_dir_all(&root).expect("our own folder");
    }
}
