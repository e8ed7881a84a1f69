//! What is sealed comes back whole, under its own name, with its own key, or not at all.

use std::os::unix::fs::PermissionsExt as _;

use proptest::prelude::*;

use super::*;

fn origin() -> Origin {
    Origin { run: RunId(40), step: 3, key: "0/REPLICAS".to_owned() }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sealed_comes_back_whole(
        value: Vec<u8>, run: u64, step: u32, index in 0..99_u8, variable in "[A-Z_][A-Z0-9_/]{0,40}",
    ) {
        let folder = folder();
        let key = CaptureKey::of(folder.path());
        let origin = Origin { run: RunId(run), step, key: format!("{index}/{variable}") };
        let sealed = key.seal(&origin, value.clone()).expect("it is sealed");
        let again = CaptureKey::of(folder.path());
        prop_assert_eq!(again.open(&sealed).expect("it opens"), (origin.clone(), value));
        prop_assert_eq!(origin.variable(), variable);
    }

    #[test]
    fn a_changed_byte_anywhere_is_noticed(
        value in proptest::collection::vec(any::<u8>(), 0..64), place: prop::sample::Index, flip in 1..=255_u8,
    ) {
        let folder = folder();
        let key = CaptureKey::of(folder.path());
        let mut sealed = key.seal(&origin(), value).expect("it is sealed");
        let place = place.index(sealed.len());
        sealed[place] ^= flip;
        prop_assert!(key.open(&sealed).is_err(), "byte {} was changed", place);
    }

    #[test]
    fn any_bytes_are_opened_or_refused(sealed: Vec<u8>) {
        let folder = folder();
        prop_assert!(CaptureKey::of(folder.path()).open(&sealed).is_err());
    }
}

#[test]
fn a_value_cannot_be_passed_off_as_another() {
    let folder = folder();
    let key = CaptureKey::of(folder.path());
    let sealed = key.seal(&origin(), b"3".to_vec()).expect("it is sealed");
    let text = String::from_utf8_lossy(&sealed);
    let at = text
        .find("run-40/3/0/REPLICAS")
        .map(|_| sealed.windows(6).position(|bytes| bytes == b"run-40").expect("the origin is readable"));
    let at = at.expect("the origin is readable");
    let mut swapped = sealed.clone();
    swapped[at + 5] = b'1';
    let error = key.open(&swapped).expect_err("it is another run's now");
    assert_eq!(error.to_string(), "it is damaged: it is not what was sealed");
    for length in 0..sealed.len() {
        assert!(key.open(&sealed[..length]).is_err(), "cut at {length}");
    }
}

#[test]
fn neither_the_value_nor_two_sealings_of_it_look_alike() {
    let folder = folder();
    let key = CaptureKey::of(folder.path());
    let value = b"correct-horse-battery-staple".to_vec();
    let (one, two) = (key.seal(&origin(), value.clone()), key.seal(&origin(), value.clone()));
    let (one, two) = (one.expect("it is sealed"), two.expect("it is sealed"));
    assert_ne!(one, two);
    assert!(!one.windows(8).any(|bytes| value.windows(8).any(|part| part == bytes)));
}

#[test]
fn the_key_is_made_at_first_need_for_its_owner_only() {
    let folder = folder();
    let path = folder.path().join("capture.key");
    let key = CaptureKey::of(folder.path());
    assert!(!path.exists());
    key.seal(&origin(), Vec::new()).expect("it is sealed");
    assert_eq!(fs::metadata(&path).expect("it was made").permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "nothing else is left");
    let first = fs::read(&path).expect("it is readable");
    make(&path).expect("the one that is there is kept");
    assert_eq!(fs::read(&path).expect("it is readable"), first);
}

#[test]
fn a_key_that_is_missing_or_wrong_is_told_apart() {
    let folder = folder();
    let path = folder.path().join("capture.key");
    let sealed = CaptureKey::of(folder.path()).seal(&origin(), b"3".to_vec()).expect("it is sealed");
    fs::remove_file(&path).expect("it is there");
    let told = |expected: &str| {
        let error = CaptureKey::of(folder.path()).open(&sealed).expect_err("it cannot be opened");
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.to_string().contains("capture.key"), "{error}");
    };
    told("is missing, and what was captured cannot be read without it");
    assert!(!path.exists(), "opening makes no key");
    fs::write(&path, "not a key\n").expect("it is written");
    told("does not hold a key");
    fs::remove_file(&path).expect("it is there");
    make(&path).expect("another key");
    told("was sealed with another key");
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let error = CaptureKey::of(Path::new("/no/such/directory")).seal(&origin(), Vec::new()).expect_err("no directory");
    assert_eq!(error.to_string(), "the key `/no/such/directory/capture.key` could not be made (entity not found)");
}
