//! Hardware wallets that are plugged in, and what keeps this user from opening them.

use super::Check;
use crate::device::node::{GROUP, Membership, Standing, nodes, standing};
use std::path::Path;

const RULES: &str = "exchequer device rules | sudo tee /etc/udev/rules.d/70-exchequer.rules && \
    sudo udevadm control --reload && sudo udevadm trigger";

/// Checks the device nodes.
pub fn checks() -> Vec<Check> {
    let found = nodes(Path::new("/sys"), Path::new("/dev"));
    if found.is_empty() {
        return vec![Check::ok("devices", "no hardware wallet is plugged in")];
    }
    let ssh = ["SSH_CONNECTION", "SSH_TTY"].iter().any(|name| std::env::var_os(name).is_some());
    let checks = found.iter().map(|node| {
        let shown = format!("{} at {}", node.maker, node.path.display());
        judged(&shown, &standing(&node.path), ssh)
    });
    checks.collect()
}

/// What a node's standing means, and the next command to type.
fn judged(shown: &str, standing: &Standing, ssh: bool) -> Check {
    let name = "devices";
    let Standing::Shut { mode, group, member } = standing else {
        return match standing {
            Standing::Missing => Check::fail(
                name,
                format!("{shown}: there is no such node"),
                "plug it in again; a container has to be given the node",
            ),
            _ => Check::ok(name, shown),
        };
    };
    let (mine, shared) = (format!("{shown} may not be opened: mode {mode:04o}, group {group}"), mode & 0o060 == 0o060);
    let join = format!("sudo groupadd -f {GROUP} && sudo usermod -aG {GROUP} \"$USER\", then log in again");
    // A login by SSH sits at no seat, and uaccess is for who sits at one.
    let seatless = if ssh { "; by SSH the rule's uaccess gives nothing, only the group does" } else { "" };
    match member {
        Membership::NotYet if shared => {
            Check::fail(name, format!("{mine}, which this login does not know of yet"), "log in again")
        }
        // The rule is there; who may is the group, and this user is not in it.
        Membership::Stranger if shared && group == GROUP => {
            Check::fail(name, format!("{mine}, and you are not in it{seatless}"), join)
        }
        _ if ssh => Check::fail(name, format!("{mine}: no udev rule{seatless}"), format!("{RULES}; {join}")),
        _ => Check::fail(name, format!("{mine}: no udev rule"), format!("{RULES}; then plug it in again")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Verdict;

    fn shut(mode: u32, group: &str, member: Membership) -> Standing {
        Standing::Shut { mode, group: group.to_owned(), member }
    }

    #[test]
    fn what_is_missing_is_named_with_the_next_command() {
        let told = |standing: &Standing, ssh| {
            let check = judged("Ledger at /dev/hidraw3", standing, ssh);
            (check.verdict, check.detail, check.advice.unwrap_or_default())
        };
        assert_eq!(told(&Standing::Open, false).0, Verdict::Ok);
        let (verdict, detail, advice) = told(&shut(0o600, "root", Membership::Stranger), false);
        assert_eq!(verdict, Verdict::Fail);
        assert!(detail.contains("mode 0600, group root: no udev rule") && advice.contains("exchequer device rules"));
        assert!(!advice.contains("usermod"), "who sits here needs no group");
        let (_, detail, advice) = told(&shut(0o600, "root", Membership::Stranger), true);
        assert!(detail.contains("uaccess gives nothing") && advice.contains("rules") && advice.contains("usermod"));
        let (_, detail, advice) = told(&shut(0o660, GROUP, Membership::Stranger), true);
        assert!(detail.contains("you are not in it") && advice.starts_with("sudo groupadd"), "{detail} {advice}");
        assert_eq!(told(&shut(0o660, GROUP, Membership::NotYet), true).2, "log in again");
        assert_eq!(told(&Standing::Missing, false).0, Verdict::Fail);
    }

    #[test]
    fn the_rules_are_for_every_device_that_is_known() {
        let rules = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/data/udev/70-exchequer.rules"));
        let rules: Vec<&str> = rules.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
        for id in ["2c97", "534c", "0001", "53c0", "53c1"] {
            assert!(rules.iter().any(|rule| rule.contains("hidraw") && rule.contains(id)), "{id}");
            assert!(rules.iter().any(|rule| rule.contains("\"usb\"") && rule.contains(id)), "{id}");
        }
        let ends = format!("MODE=\"0660\", GROUP=\"{GROUP}\", TAG+=\"uaccess\"");
        assert!(rules.iter().all(|rule| rule.ends_with(&ends)));
    }
}
