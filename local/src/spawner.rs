//! One thread that starts all children and lives as long as the process.
//!
//! The kernel sends the parent-death signal when the *thread* that started a child ends. A worker of an async runtime
//! ends with its runtime, a test's thread with its test; this thread ends only with the process.

use std::{
    io,
    process::{Child, Command},
    sync::{OnceLock, mpsc},
    thread,
};

type Order = (Command, mpsc::SyncSender<io::Result<Child>>);

/// Starts the command from the thread that never ends.
pub(crate) fn spawn(command: Command) -> io::Result<Child> {
    static ORDERS: OnceLock<mpsc::Sender<Order>> = OnceLock::new();
    let orders = ORDERS.get_or_init(|| {
        let (send, receive) = mpsc::channel::<Order>();
        // A failure to start the thread shows below, as a closed channel.
        let _detached = thread::Builder::new().name("spawner".into()).spawn(move || {
            for (mut command, answer) in receive {
                let _nobody_waits = answer.send(command.spawn());
            }
        });
        send
    });
    let (answer, result) = mpsc::sync_channel(1);
    let gone = || io::Error::other("the thread that starts processes is gone");
    orders.send((command, answer)).map_err(|_| gone())?;
    result.recv().map_err(|_| gone())?
}
