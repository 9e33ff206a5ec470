//! A way to the service at which a request to replace a segment halts, so that something can happen before it goes on.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::harness::Club;

/// Who is told once a request halts, if the next one is to.
type Next = Arc<Mutex<Option<SyncSender<Halted>>>>;

/// The way on which all of a club's requests go.
pub struct Gate(Next);

/// A request that stands at the gate; it never arrives if this is dropped.
pub struct Halted {
    /// Whether the answer is to be heard.
    go_on: SyncSender<bool>,
    answered: Receiver<()>,
}

impl Gate {
    /// Leads the club's default profile through a gate.
    pub fn before(club: &Club) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let entrance = format!("http://{}", listener.local_addr().unwrap());
        club.json(&["tokens", "issue", "night", "--out", "night.token"]);
        club.profile(&entrance, &std::fs::read_to_string(club.path("night.token")).unwrap());
        let (next, address) = (Next::default(), club.address().to_owned());
        let gate = Self(Arc::clone(&next));
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let service = TcpStream::connect(&address).unwrap();
                lead(connection.unwrap(), service, &next);
            }
        });
        gate
    }

    /// The next request to replace a segment halts.
    pub fn halt_next(&self) -> NextHalt {
        let (halt, halted) = sync_channel(1);
        *self.0.lock().unwrap() = Some(halt);
        NextHalt(halted)
    }

    /// Runs the tool until it replaces a segment, and kills it; whether the segment is replaced all the same.
    pub fn kill(&self, club: &Club, arguments: &[&str], takes_effect: bool) {
        let halt = self.halt_next();
        let mut run = club.start(arguments);
        let halted = halt.wait();
        if takes_effect {
            halted.take_effect_unheard();
        }
        run.kill().unwrap();
        run.wait().unwrap();
    }
}

/// A request that will stand at the gate.
pub struct NextHalt(Receiver<Halted>);

impl NextHalt {
    /// Waits for it.
    pub fn wait(self) -> Halted {
        self.0.recv_timeout(Duration::from_mins(1)).unwrap()
    }
}

impl Halted {
    pub fn go_on(self) {
        self.go_on.send(true).unwrap();
    }

    /// Lets the service do it, and waits for its answer, which nobody else hears.
    pub fn take_effect_unheard(self) {
        self.go_on.send(false).unwrap();
        self.answered.recv().unwrap();
    }
}

/// Leads one connection to the service and back.
fn lead(mut connection: TcpStream, mut service: TcpStream, next: &Next) {
    let next = Arc::clone(next);
    let (mut back, mut answers) = (connection.try_clone().unwrap(), service.try_clone().unwrap());
    // Who hears of the answers in the place of the client.
    let unheard = Arc::new(Mutex::new(None::<SyncSender<()>>));
    let hears = Arc::clone(&unheard);
    std::thread::spawn(move || {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(read @ 1..) = answers.read(&mut bytes) {
            let gone = match &*hears.lock().unwrap() {
                Some(instead) => instead.send(()).is_err(),
                None => back.write_all(&bytes[..read]).is_err(),
            };
            if gone {
                break;
            }
        }
        let _ = back.shutdown(std::net::Shutdown::Both);
    });
    std::thread::spawn(move || {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(read @ 1..) = connection.read(&mut bytes) {
            let replaces = bytes.starts_with(b"POST /api/v1/segments ");
            let halt = next.lock().unwrap().take_if(|_| replaces);
            if let Some(halt) = halt {
                let ((go_on, told), (answer, answered)) = (sync_channel(1), sync_channel(1));
                halt.send(Halted { go_on, answered }).unwrap();
                match told.recv() {
                    Ok(true) => {}
                    Ok(false) => *unheard.lock().unwrap() = Some(answer),
                    Err(_) => break,
                }
            }
            if service.write_all(&bytes[..read]).is_err() {
                break;
            }
        }
        let _ = service.shutdown(std::net::Shutdown::Both);
    });
}
