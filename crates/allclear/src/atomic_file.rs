//! Writing a file so that nobody ever sees half of it, and a crash leaves the old one or the new one.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Writes the file beside its place, makes it durable and moves it there.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "this is not the path of a file"))?;
    // The process id keeps two writers of the same file apart.
    let draft = folder.join(format!(".{}.{}.new", name.to_string_lossy(), std::process::id()));
    let written = write_durably(&draft, content).and_then(|()| {
        // Who might read the old one may read the new one, and nobody else.
        if let Ok(old) = fs::metadata(path) {
            fs::set_permissions(&draft, old.permissions())?;
        }
        fs::rename(&draft, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&draft);
    }
    written?;
    File::open(folder)?.sync_all()
}

fn write_durably(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_replaced_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.json");
        write(&path, b"old").expect("it is written");
        write(&path, b"new").expect("it is replaced");
        assert_eq!(fs::read(&path).expect("it is there"), b"new");
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1);
        assert!(write(&folder.path().join("none/a.json"), b"x").is_err());
    }
}
