//! The files that Linux makes for devices, and whether this user may open them.
//!
//! - A Ledger is spoken to through its `hidraw` node, a Trezor through its node on the USB bus.
//! - Nothing is opened to find out: the kernel is asked, so that access lists (udev's `uaccess`) count too.

use crate::market::printable;
use rustix::fs::{Access, access};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The group that our rules give devices to.
pub const GROUP: &str = "plugdev";

const LEDGER: u16 = 0x2c97;

/// The Trezors that have a firmware, or wait for one.
const TREZORS: [(u16, u16); 3] = [(0x534c, 0x0001), (0x1209, 0x53c0), (0x1209, 0x53c1)];

/// The longest file that is read of those that tell about devices and groups, in bytes.
const LONGEST: u64 = 1 << 20;

/// The node of a device that is plugged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Where it is.
    pub path: PathBuf,
    /// Whose make it is.
    pub maker: &'static str,
}

/// How a node stands to this user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It may be opened.
    Open,
    /// There is no such file: a container without devices, or udev has not made it yet.
    Missing,
    /// It may not.
    Shut {
        /// The bits of its mode that are about access.
        mode: u32,
        /// The name of its group, or the group's number.
        group: String,
        /// How this user stands to that group.
        member: Membership,
    },
}

/// How a user stands to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// In it, and this login knows.
    Member,
    /// In it since this login began.
    NotYet,
    /// Not in it.
    Stranger,
}

/// The node of a device on the USB bus.
pub fn usb(bus: u8, address: u8) -> PathBuf {
    PathBuf::from(format!("/dev/bus/usb/{bus:03}/{address:03}"))
}

/// The nodes of all hardware wallets that the kernel tells of, below the folders where it does.
pub fn nodes(sys: &Path, dev: &Path) -> Vec<Node> {
    let hid = below(&sys.join("class/hidraw")).into_iter().filter_map(|found| {
        let about = read(&found.join("device/uevent"))?;
        let id = about.lines().find_map(|line| line.strip_prefix("HID_ID="))?;
        let vendor = u32::from_str_radix(id.split(':').nth(1)?, 16).ok()?;
        (vendor == u32::from(LEDGER)).then_some(())?;
        Some(Node { path: dev.join(found.file_name()?), maker: "Ledger" })
    });
    let usb = below(&sys.join("bus/usb/devices")).into_iter().filter_map(|found| {
        let told = |name: &str| read(&found.join(name)).map(|text| text.trim().to_owned());
        let id = |name: &str| u16::from_str_radix(&told(name)?, 16).ok();
        TREZORS.contains(&(id("idVendor")?, id("idProduct")?)).then_some(())?;
        let (bus, address): (u16, u16) = (told("busnum")?.parse().ok()?, told("devnum")?.parse().ok()?);
        Some(Node { path: dev.join(format!("bus/usb/{bus:03}/{address:03}")), maker: "Trezor" })
    });
    hid.chain(usb).collect()
}

/// Whether this user may open a node.
pub fn standing(node: &Path) -> Standing {
    let Ok(about) = fs::metadata(node) else { return Standing::Missing };
    if access(node, Access::READ_OK | Access::WRITE_OK).is_ok() {
        return Standing::Open;
    }
    let groups = read(Path::new("/etc/group")).unwrap_or_default();
    let group = group(&groups, about.gid());
    let name = group.as_ref().map_or_else(|| about.gid().to_string(), |(name, _)| printable(name).into_owned());
    let ours = rustix::process::getgroups().unwrap_or_default();
    let ours = ours.into_iter().chain([rustix::process::getegid()]).any(|ours| ours.as_raw() == about.gid());
    let user = user(rustix::process::getuid().as_raw());
    let member = match (ours, group.zip(user)) {
        (true, _) => Membership::Member,
        (false, Some(((_, members), user))) if members.contains(&user) => Membership::NotYet,
        _ => Membership::Stranger,
    };
    Standing::Shut { mode: about.mode() & 0o777, group: name, member }
}

/// Why a node cannot be used, in a few words; none when it can.
pub fn trouble(node: &Path) -> Option<String> {
    match standing(node) {
        Standing::Open => None,
        Standing::Missing => Some(format!("{} is not there", printable(&node.display().to_string()))),
        Standing::Shut { mode, group, member } => Some(match member {
            Membership::Member => format!("this user may not open it: mode {mode:04o}, group {group}"),
            Membership::NotYet => {
                format!("this login does not know yet that you are in the group {group}: log in again")
            }
            Membership::Stranger => {
                format!("this user may not open it: mode {mode:04o}, group {group}; exchequer doctor says what to do")
            }
        }),
    }
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let Ok(found) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = found.filter_map(|entry| Some(entry.ok()?.path())).collect();
    found.sort();
    found
}

fn read(path: &Path) -> Option<String> {
    use std::io::Read;
    let mut text = String::new();
    fs::File::open(path).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
    Some(text)
}

/// A group's name and members, by its number.
fn group(groups: &str, id: u32) -> Option<(String, Vec<String>)> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number, members) = (fields.next()?, fields.nth(1)?, fields.next()?);
        let members = || members.split(',').map(str::to_owned).collect();
        (number.parse() == Ok(id)).then(|| (name.to_owned(), members()))
    })
}

fn user(id: u32) -> Option<String> {
    let users = read(Path::new("/etc/passwd"))?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(id)).then(|| name.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn devices_are_found_where_the_kernel_tells_of_them() {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = root.path().join("sys").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("class/hidraw/hidraw0/device/uevent", "DRIVER=hid-generic\nHID_ID=0003:0000046D:0000C52B\n");
        put("class/hidraw/hidraw3/device/uevent", "DRIVER=hid-generic\nHID_ID=0003:00002C97:00005011\nHID_NAME=x\n");
        for (name, vendor, product) in [("3-1", "1209", "53c1"), ("3-2", "046d", "c52b"), ("3-3", "1209", "0001")] {
            put(&format!("bus/usb/devices/{name}/idVendor"), &format!("{vendor}\n"));
            put(&format!("bus/usb/devices/{name}/idProduct"), &format!("{product}\n"));
            put(&format!("bus/usb/devices/{name}/busnum"), "3\n");
            put(&format!("bus/usb/devices/{name}/devnum"), "14\n");
        }
        let dev = Path::new("/dev");
        assert_eq!(
            nodes(&root.path().join("sys"), dev),
            [
                Node { path: "/dev/hidraw3".into(), maker: "Ledger" },
                Node { path: "/dev/bus/usb/003/014".into(), maker: "Trezor" }
            ]
        );
        assert_eq!(nodes(&root.path().join("nowhere"), dev), []);
        assert_eq!(usb(3, 14), Path::new("/dev/bus/usb/003/014"));
    }

    #[test]
    fn a_node_stands_as_the_kernel_says() {
        let folder = tempfile::tempdir().unwrap();
        let node = folder.path().join("hidraw3");
        assert_eq!(standing(&node), Standing::Missing);
        fs::write(&node, "").unwrap();
        assert_eq!((standing(&node), trouble(&node)), (Standing::Open, None));
        fs::set_permissions(&node, fs::Permissions::from_mode(0o000)).unwrap();
        if access(&node, Access::READ_OK).is_ok() {
            println!("SKIPPED: this user may open everything");
            return;
        }
        let shut = standing(&node);
        assert!(matches!(shut, Standing::Shut { mode: 0, member: Membership::Member, .. }), "{shut:?}");
        assert!(trouble(&node).unwrap().contains("mode 0000"));
    }

    #[test]
    fn groups_are_read() {
        let groups = "root:x:0:\nplugdev:x:46:ann,bob\nodd\n";
        assert_eq!(group(groups, 46), Some(("plugdev".into(), vec!["ann".into(), "bob".into()])));
        assert_eq!(group(groups, 47), None);
        assert!(user(rustix::process::getuid().as_raw()).is_none_or(|name| !name.is_empty()));
    }
}
