use super::*;

fn at(start: Instant, millis: u64) -> Instant {
    start + Duration::from_millis(millis)
}

/// What `typing` starts until `now`, with nothing else happening: (when, query).
fn run<Q>(typing: &mut Typing<Q>, from: Instant, until: Instant) -> Vec<(Instant, Ticket, Q)> {
    let (mut now, mut began) = (from, Vec::new());
    loop {
        match typing.next(now) {
            Next::Search(ticket, query) => began.push((now, ticket, query)),
            Next::Wait(Some(due)) if due <= until => now = due,
            Next::Wait(_) => return began,
        }
    }
}

/// A generator of numbers, the same ones for the same seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % bound
    }
}

/// However 20 letters come, as long as none takes as long as [`LONGEST`]: at most three searches, the
/// last words among them, and no answer but the last words' is shown in the end.
#[test]
fn twenty_letters_are_at_most_three_searches_and_the_last_words_are_shown() {
    for seed in 0..2000 {
        let mut numbers = Numbers(seed);
        let longest = [30, 120, 290, 700, 1199][usize::try_from(seed % 5).expect("small")];
        let first_length = 1 + usize::try_from(numbers.below(4)).expect("small");
        let start = Instant::now();
        let mut typing = Typing::default();
        let (mut now, mut began, mut running) = (start, Vec::new(), Vec::new());
        for letter in 0..20 {
            let then = now + Duration::from_millis(numbers.below(longest));
            let new = run(&mut typing, now, then);
            running.extend(new.iter().map(|(at, ticket, _)| (*at, *ticket)));
            began.extend(new);
            now = then;
            typing.typed(7, letter, first_length + letter, false, now);
            // Answers come after up to 3 s, in any order.
            let answered = |_: &mut (Instant, Ticket)| numbers.below(3) == 0;
            running
                .extract_if(.., answered)
                .for_each(|(_, ticket)| typing.done(ticket));
        }
        began.extend(run(&mut typing, now, at(now, 5000)));
        for (_, ticket) in running {
            typing.done(ticket);
        }
        began.extend(run(&mut typing, at(now, 5000), at(now, 10_000)));
        assert!(began.len() <= 3, "{} searches, seed {seed}", began.len());
        let last = began.last().expect("something was searched");
        assert_eq!(last.2, 19, "the last words, seed {seed}");
        for (_, ticket, letter) in &began {
            assert_eq!(typing.is_superseded(*ticket), *letter != 19, "seed {seed}");
        }
    }
}

#[test]
fn whole_words_of_who_was_quiet_wait_for_nothing_and_single_letters_do() {
    let start = Instant::now();
    let mut typing = Typing::default();
    typing.typed(7, "red bus", 7, false, start);
    typing.typed(8, "r", 1, false, start);
    let began = run(&mut typing, start, at(start, 1000));
    let times: Vec<_> = began
        .iter()
        .map(|(at, _, query)| (*at - start, *query))
        .collect();
    assert_eq!(times, [(Duration::ZERO, "red bus"), (FIRST, "r")]);
    typing.typed(7, "cat", 3, false, at(start, 2500));
    let began = run(&mut typing, at(start, 2500), at(start, 2500));
    assert_eq!(began.len(), 1, "quiet since");
}

#[test]
fn the_next_page_waits_for_nothing() {
    let start = Instant::now();
    let mut typing = Typing::default();
    for page in 0..5 {
        typing.typed(7, page, 3, true, start);
        let began = run(&mut typing, start, start);
        assert_eq!(began.len(), 1);
        typing.done(began[0].1);
    }
}

#[test]
fn one_user_has_two_searches_at_a_time_and_holds_up_nobody() {
    let start = Instant::now();
    let mut typing = Typing::default();
    let mut tickets = Vec::new();
    for page in 0..3 {
        typing.typed(7, page, 3, true, start);
        tickets.extend(run(&mut typing, start, start));
    }
    assert_eq!(tickets.len(), 2, "the third one waits");
    typing.typed(8, 9, 3, true, start);
    assert_eq!(run(&mut typing, start, start).len(), 1);
    typing.done(tickets[0].1);
    assert_eq!(run(&mut typing, start, start)[0].2, 2);
}

#[test]
fn a_thousand_typists_are_remembered_and_the_quiet_ones_forgotten() {
    let start = Instant::now();
    let mut typing = Typing::default();
    let all = i64::try_from(MAX_USERS).expect("small");
    for user in 0..=all {
        typing.typed(user, user, 3, false, start);
    }
    assert_eq!(typing.users.len(), MAX_USERS);
    for (_, ticket, _) in run(&mut typing, start, start) {
        typing.done(ticket);
    }
    typing.typed(all + 5, 0, 3, false, at(start, 3000));
    assert_eq!(typing.users.len(), 1);
}
