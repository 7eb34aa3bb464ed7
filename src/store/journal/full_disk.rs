//! The journal on a disk that fails: nothing old is lost, nothing refused stays, and it goes on when there is room again.

use std::sync::{Arc, Mutex};

use super::disk::Segment;
use super::tests::{NOW, setting};
use super::*;

/// A disk with so much room left. Files are real; what is written past the room is cut, then refused, as `write(2)` does.
#[derive(Clone)]
struct Small(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    room: usize,
    sync_fails: bool,
    truncate_fails: bool,
}

struct SmallFile(Box<dyn Segment>, Small);

impl Disk for Small {
    fn open(&self, path: &Path) -> io::Result<Box<dyn Segment>> {
        Ok(Box::new(SmallFile(Files.open(path)?, self.clone())))
    }
}

impl Segment for SmallFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.1.0.lock().unwrap();
        if state.room == 0 {
            return Err(io::Error::from_raw_os_error(28));
        }
        let written = self.0.write(&bytes[..bytes.len().min(state.room)])?;
        state.room -= written;
        Ok(written)
    }

    fn sync(&mut self) -> io::Result<()> {
        match std::mem::take(&mut self.1.0.lock().unwrap().sync_fails) {
            true => Err(io::Error::from_raw_os_error(5)),
            false => self.0.sync(),
        }
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let mut state = self.1.0.lock().unwrap();
        if state.truncate_fails {
            return Err(io::Error::from_raw_os_error(5));
        }
        state.room += (self.0.len()? - len) as usize;
        self.0.truncate(len)
    }

    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
}

fn small(dir: &Path, room: usize) -> (Journal, Small) {
    let disk = Small(Arc::new(Mutex::new(State { room, ..State::default() })));
    let (journal, notices) = Journal::open_on(dir, 2000, Box::new(disk.clone()), &mut |_| false, &mut |_| {});
    assert_eq!(notices, []);
    (journal, disk)
}

#[test]
fn a_full_disk_refuses_and_loses_nothing() {
    for room in (0..1400).step_by(37) {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, disk) = small(dir.path(), room);
        let mut acknowledged = 0;
        let refused = loop {
            match journal.append(NOW, Who::LOCAL, &setting("a")) {
                Ok(_) => acknowledged += 1,
                Err(e) => break e,
            }
        };
        assert!(refused.to_string().contains("No space left on device"), "{refused}");
        assert_eq!(
            verify(dir.path()),
            Report { entries: acknowledged, link: journal.link(), unfinished: 0, damage: None }
        );
        assert!(matches!(journal.append(NOW, Who::LOCAL, &setting("b")), Err(AppendError::Refused { .. })));
        disk.0.lock().unwrap().room = 100_000;
        for n in 1..=10 {
            let receipt = journal.append(NOW, Who::LOCAL, &setting("c")).unwrap();
            assert_eq!(receipt.link.seq, acknowledged + n);
        }
        assert_eq!(verify(dir.path()).entries, acknowledged + 10);
    }
}

#[test]
fn a_failed_sync_refuses_the_line_and_removes_it() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, disk) = small(dir.path(), 100_000);
    journal.append(NOW, Who::LOCAL, &setting("a")).unwrap();
    disk.0.lock().unwrap().sync_fails = true;
    assert!(matches!(journal.append(NOW, Who::LOCAL, &setting("b")), Err(AppendError::Refused { .. })));
    assert_eq!(verify(dir.path()).entries, 1);
    assert_eq!(journal.append(NOW, Who::LOCAL, &setting("c")).unwrap().link.seq, 2);
}

#[test]
fn a_line_that_cannot_be_removed_makes_the_journal_read_only() {
    let dir = tempfile::tempdir().unwrap();
    let (mut journal, disk) = small(dir.path(), 400);
    journal.append(NOW, Who::LOCAL, &setting("a")).unwrap();
    disk.0.lock().unwrap().truncate_fails = true;
    assert!(matches!(journal.append(NOW, Who::LOCAL, &setting("b")), Err(AppendError::Broken { .. })));
    disk.0.lock().unwrap().room = 100_000;
    assert!(matches!(journal.append(NOW, Who::LOCAL, &setting("c")), Err(AppendError::ReadOnly(_))));
    drop(journal);
    let (journal, notices) = Journal::open(dir.path());
    assert!(matches!(&notices[..], [Notice::JournalTorn { .. }]));
    assert_eq!(journal.link().seq, 1);
}
