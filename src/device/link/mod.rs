//! How the bytes get to a device and back: one small trait for each maker's way, and what stands behind it.
//!
//! - A link moves bytes and knows nothing of what they mean. It looks at its [`Watch`](super::Watch) while it waits,
//!   says [`DeviceError::Disconnected`](super::DeviceError::Disconnected) when there is nobody left, and logs nothing.

pub mod report;
pub mod udp;
pub mod usb;
