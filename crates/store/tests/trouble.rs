//! What a data directory can suffer: somebody else, no permission, no space, no database.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use allclear_core::{Actor, Cause, Event, Recorded, Seq};
use allclear_store::{AppendError, Location, OpenError, Outage, Store};

async fn refused(path: &Path) -> OpenError {
    Store::open(&Location::DataDir(path.to_owned())).await.expect_err("not opened")
}

fn records(after: Seq, count: u64) -> Vec<Recorded> {
    let record = |seq| Recorded {
        seq,
        at: jiff::Timestamp::UNIX_EPOCH,
        cause: Cause { actor: Actor::Engine, command: "report-check".into() },
        incident: None,
        run: None,
        event: Arc::new(Event::CheckFailed { check: "api".to_owned(), reason: "x".repeat(1_000) }),
    };
    (after + 1..=after + count).map(record).collect()
}

#[tokio::test]
async fn a_directory_that_is_in_use_is_refused_with_the_number_of_the_process() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let location = Location::DataDir(directory.path().to_owned());
    let first = Store::open(&location).await.expect("opens");
    let error = refused(directory.path()).await;
    assert!(matches!(error, OpenError::InUse { pid: Some(pid), .. } if pid == std::process::id()), "{error:?}");
    let clone = first.clone();
    drop(first);
    assert!(matches!(refused(directory.path()).await, OpenError::InUse { .. }), "a clone still has it");
    drop(clone);
    Store::open(&location).await.expect("free again");
}

#[tokio::test]
async fn what_is_no_directory_and_what_is_no_database_is_said() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("file");
    fs::write(&file, "text").expect("written");
    assert!(matches!(refused(&file).await, OpenError::NotADirectory { .. }));
    assert!(matches!(refused(&file.join("below")).await, OpenError::NotADirectory { .. }));
    fs::write(directory.path().join("log.db"), "this is not a database, whatever it is called".repeat(100))
        .expect("written");
    let error = refused(directory.path()).await;
    assert!(matches!(error, OpenError::Unavailable { reason: Outage::Damaged, .. }), "{error:?}");
}

#[tokio::test]
async fn a_directory_that_may_not_be_written_is_said() {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mode = |mode| fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).expect("ours");
    mode(0o555);
    let is_root = fs::write(directory.path().join("probe"), "").is_ok();
    // Root may write anywhere but in the kernel's own file systems.
    let path = if is_root { PathBuf::from("/proc/allclear") } else { directory.path().to_owned() };
    let error = refused(&path).await;
    mode(0o755);
    assert!(matches!(error, OpenError::NotWritable { .. }), "{error:?}");
}

#[tokio::test]
async fn a_database_that_does_not_answer_is_said_without_its_password() {
    let port = allclear_testkit::free_port();
    let address = format!("postgres://ana:w0rd@127.0.0.1:{port}/allclear");
    let error = Store::open(&Location::Postgres(address)).await.expect_err("nobody listens");
    assert!(matches!(error, OpenError::Unavailable { reason: Outage::Unreachable, .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("w0rd"), "{error:?}");
    let error = Store::open(&Location::Postgres("nonsense".to_owned())).await.expect_err("no address");
    assert!(matches!(error, OpenError::BadAddress { .. }), "{error:?}");
}

/// A file system of two megabytes, unmounted in the end.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(directory.path()).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(directory));
        }
        eprintln!("skipped: only root may mount a small disk");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_work_goes_on_when_there_is_space() {
    let Some(disk) = SmallDisk::mount() else { return };
    let ballast = disk.0.path().join("ballast");
    fs::write(&ballast, vec![0; 700_000]).expect("space for the ballast");
    let location = Location::DataDir(disk.0.path().join("data"));
    let store = Store::open(&location).await.expect("opens");
    let mut head = store.head().await.expect("a head");
    // Many at once, then one by one: the one is a transaction of several statements, the other is a single one.
    for count in [100, 1] {
        let error = loop {
            match store.append(head.seq, &records(head.seq, count)).await {
                Ok(next) => head = next,
                Err(error) => break error,
            }
        };
        assert!(matches!(&error, AppendError::Unavailable(why) if why.reason == Outage::DiskFull), "{error:?}");
        assert_eq!(store.head().await.expect("still answers"), head);
    }
    let refused = store.put_blob(&[7; 400_000]).await.expect_err("no space for output either");
    assert_eq!(refused.reason, Outage::DiskFull);
    assert!(head.seq > 100);
    assert_eq!(store.verify(Some(head.clone())).await.expect("whole"), head);

    fs::remove_file(&ballast).expect("ours");
    for count in [100, 1] {
        head = store.append(head.seq, &records(head.seq, count)).await.expect("appended once there is space");
    }
    store.put_blob(&[7; 100_000]).await.expect("kept once there is space");
    store.close().await;
    let store = Store::open(&location).await.expect("opens again");
    assert_eq!(store.verify(None).await.expect("whole"), head);
}

#[tokio::test]
async fn output_that_does_not_fit_leaves_the_last_space_to_the_log() {
    let Some(disk) = SmallDisk::mount() else { return };
    let location = Location::DataDir(disk.0.path().join("data"));
    let store = Store::open(&location).await.expect("opens");
    store.put_blob(&[3; 50_000]).await.expect("a small one fits");
    let head = store.append(0, &records(0, 20)).await.expect("appended");
    let output: Vec<u8> = (0..4_000_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for _ in 0..2 {
        let refused = store.put_blob(&output).await.expect_err("it is larger than the disk");
        assert_eq!(refused.reason, Outage::DiskFull);
    }
    let head = store.append(head.seq, &records(head.seq, 20)).await.expect("what came of it is still recorded");
    store.put_blob(&[4; 50_000]).await.expect("a small one still fits");
    assert_eq!(store.verify(None).await.expect("whole"), head);
}

#[tokio::test]
async fn a_disk_without_one_free_page_is_said_and_nothing_is_lost() {
    let Some(disk) = SmallDisk::mount() else { return };
    let location = Location::DataDir(disk.0.path().join("data"));
    let store = Store::open(&location).await.expect("opens");
    let head = store.append(0, &records(0, 20)).await.expect("appended");
    store.close().await;
    let ballast = disk.0.path().join("ballast");
    assert!(fs::write(&ballast, vec![0; 4_000_000]).is_err(), "the disk is full");
    let refused = Store::open(&location).await.expect_err("not a page for what readers and writers share");
    assert!(matches!(refused, OpenError::Unavailable { reason: Outage::DiskFull, .. }), "{refused:?}");
    fs::remove_file(&ballast).expect("ours");
    let store = Store::open(&location).await.expect("opens once there is space");
    assert_eq!(store.verify(None).await.expect("whole"), head);
}
