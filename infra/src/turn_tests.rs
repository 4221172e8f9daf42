//! Lines that are ready in the wrong order, lines that fail, lines that come back.

use tokio::sync::Semaphore;
use tokio::task::yield_now;

use super::*;

type Said = Arc<Mutex<Vec<String>>>;

fn room() -> OwnedSemaphorePermit {
    Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap()
}

#[tokio::test]
async fn lines_are_decided_in_order_and_read_what_was_before_them() {
    let (queue, said) = (Queue::default(), Said::default());
    let line = |number: u64, turn: Turn, reads: bool, said: &Said| {
        let said = Arc::clone(said);
        let say = move |what: &str| said.lock().unwrap().push(format!("{number} {what}"));
        tokio::spawn(turn.take(
            async move {
                // The later a line, the sooner it would be ready.
                for _ in number..4 {
                    yield_now().await;
                }
                if reads {
                    say(&format!("reads at {}", to_read().await.unwrap().unwrap()));
                }
                to_decide().await.unwrap();
                say("decided");
                decided(&number.to_string());
                number
            },
            |number| Some(Position(*number)),
        ))
    };
    let (rooms, mut lines) = (Arc::new(Semaphore::new(2)), Vec::new());
    for number in 1..=4_u64 {
        let room = Arc::clone(&rooms).acquire_owned().await.unwrap();
        lines.push(line(number, queue.next(&number.to_string(), room), number == 3, &said));
    }
    for line in lines {
        line.await.unwrap();
    }
    assert_eq!(rooms.available_permits(), 2);
    let said = said.lock().unwrap().join(", ");
    assert_eq!(said, "1 decided, 2 decided, 3 reads at 2, 3 decided, 4 decided");
}

#[tokio::test]
async fn after_a_line_that_failed_or_panicked_none_is_decided() {
    for panics in [false, true] {
        let queue = Queue::default();
        let [first, second, third] = ["1", "2", "3"].map(|id| queue.next(id, room()));
        let first = tokio::spawn(first.take(
            async move {
                yield_now().await;
                assert!(!panics, "on purpose");
            },
            |()| None,
        ));
        let second = tokio::spawn(second.take(to_decide(), |sent| sent.is_ok().then_some(Position(2))));
        let third = tokio::spawn(third.take(to_read(), |sent| sent.is_ok().then_some(Position(3))));
        assert_eq!(first.await.is_err(), panics);
        assert!(second.await.unwrap().is_err(), "it counts on what the first would have done");
        assert!(third.await.unwrap().is_err());
    }
}

#[tokio::test]
async fn lines_decided_on_one_that_comes_back_are_decided_again_after_it() {
    let (queue, said, mut chains) = (Queue::default(), Said::default(), 0..);
    let turns = ["1", "2", "3", "4"].map(|id| Arc::new(queue.next(id, room())));
    let links: Vec<Link> = turns[..3]
        .iter()
        .map(|turn| {
            assert!(turn.may_decide());
            turn.is_decided();
            turn.link(|| chains.next().unwrap())
        })
        .collect();
    // The first was recorded, the second came back; the third was decided on the second.
    End(Arc::clone(&turns[0])).answered(Position(1));
    links[1].breaks(false);
    links[2].breaks(false);
    assert!(turns[1].may_decide() && turns[1].is_first());
    assert!(!turns[2].may_decide() && !turns[3].may_decide());
    let again: Vec<_> = [3, 2, 1]
        .map(|place: usize| {
            let (turn, said) = (Arc::clone(&turns[place]), Arc::clone(&said));
            tokio::spawn(async move {
                turn.to_decide().await.unwrap();
                said.lock().unwrap().push(turn.number.to_string());
                turn.is_decided();
            })
        })
        .into();
    for line in again {
        line.await.unwrap();
    }
    assert_eq!(said.lock().unwrap().join(" "), "2 3 4");
    let second = turns[1].link(|| chains.next().unwrap());
    assert_ne!(second.chain, links[2].chain, "what is decided now is decided on the new chain");
    second.breaks(true);
    assert!(turns[1].may_decide() && !turns[2].may_decide(), "after a failure nothing goes on");
}

#[tokio::test]
async fn who_is_no_line_waits_for_nobody() {
    assert!(mine().is_none());
    to_decide().await.unwrap();
    assert_eq!(to_read().await.unwrap(), None);
}
