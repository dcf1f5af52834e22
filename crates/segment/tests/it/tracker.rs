//! The tracker against measures computed from scratch.

use crate::common::stream::{HOUR, Known, N_CUSTOMERS, Setup, Zone, below};
use crate::common::uniform;
use patronage_segment::{
    Cause, CustomerIdx, ErrorKind, Measures, Memberships, Observed, SegmentIdx, SegmentMove,
    SegmentTracker, Span, Timestamp,
};
use proptest::prelude::*;

fn customers() -> impl Iterator<Item = CustomerIdx> {
    CustomerIdx::all(N_CUSTOMERS as usize)
}

/// Everybody's measures and segments at the tracker's time, against those from scratch.
fn check_state(setup: &Setup, tracker: &SegmentTracker<Zone>, known: &[Known]) {
    let Some(now) = tracker.now() else { return };
    let mut counts = vec![0; tracker.counts().len()];
    let mut snapshot = Vec::new();
    for customer in customers() {
        let expected: Option<Measures> = setup.measures(known, customer, now, |_| true);
        let segment = setup.segment(expected);
        let state = tracker.state_of(customer);
        assert_eq!(state.and_then(|state| state.measures), expected, "{customer} at {now}");
        assert_eq!(tracker.segment_of(customer), segment, "{customer} at {now}");
        if let Some(segment) = segment {
            counts[segment.index()] += 1;
            snapshot.push((customer, segment));
        }
    }
    assert_eq!(tracker.counts(), counts);
    assert_eq!(tracker.snapshot().collect::<Vec<_>>(), snapshot);
}

/// That a move is dated when it happened: the instant before it was otherwise.
fn check_move(setup: &Setup, known: &[Known], step: &SegmentMove) {
    let customer = step.customer;
    let just_before = Timestamp::from_micros(step.at.micros() - 1);
    match step.cause {
        Cause::Time => {
            let earlier = |k: &Known| k.line.at < step.at;
            let before = setup.measures(known, customer, just_before, earlier);
            let after = setup.measures(known, customer, step.at, earlier);
            assert_eq!((step.before, step.after), (before, after), "{step:?}");
        }
        _ => {
            let after = setup.measures(known, customer, step.at, |_| true);
            assert_eq!(step.after, after, "{step:?}");
        }
    }
    assert_eq!(step.from, setup.segment(step.before), "{step:?}");
    assert_eq!(step.to, setup.segment(step.after), "{step:?}");
    assert_ne!(step.from, step.to);
    assert!(!step.explain(&setup.model).is_empty());
}

/// What is told, in time order, customers ascending, time before purchases.
fn check_order(moves: &[SegmentMove]) {
    let key = |step: &SegmentMove| (step.at, step.cause != Cause::Time, step.customer);
    assert!(moves.is_sorted_by_key(key), "{moves:?}");
}

/// Feeds a stream with pauses, calling `each` after every step.
fn run(
    setup: &Setup,
    draws: &mut impl FnMut() -> f64,
    n_orders: u32,
    mut each: impl FnMut(&SegmentTracker<Zone>, &[Known], &Observed),
) -> (SegmentTracker<Zone>, Vec<Known>) {
    let mut tracker = SegmentTracker::new(setup.model.clone(), setup.zone, setup.tracking).unwrap();
    let mut known: Vec<Known> = Vec::new();
    for (customer, line) in setup.stream(draws, n_orders) {
        if let Some(now) = tracker.now().filter(|_| draws() < 0.2) {
            let until = now + Span::micros(below(draws, 40) as i64 * HOUR / 4 + 1);
            let mut observed = Observed::default();
            observed.moves = tracker.advance_to(until).unwrap();
            assert!(observed.moves.iter().all(|step| now < step.at && step.at <= until));
            each(&tracker, &known, &observed);
        }
        let before = tracker.now().unwrap_or(line.at);
        match tracker.observe(customer, line) {
            Ok(observed) => {
                let known_at = tracker.now().unwrap();
                known.push(Known { customer, line, known_at });
                assert_eq!(observed.correction.is_some(), line.at < before);
                each(&tracker, &known, &observed);
            }
            Err(error) => {
                let ErrorKind::TooLate { lateness, behind, .. } = error.kind() else {
                    panic!("{error}")
                };
                assert_eq!((*lateness, *behind), (setup.lateness, before - line.at));
                assert!(behind > lateness);
                assert_eq!(tracker.now(), Some(before));
            }
        }
    }
    let until = tracker.now().unwrap_or_default() + Span::days(30);
    let mut observed = Observed::default();
    observed.moves = tracker.advance_to(until).unwrap();
    each(&tracker, &known, &observed);
    (tracker, known)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_tracker_says_what_the_measures_from_scratch_say(seed in any::<u64>()) {
        let mut draws = uniform(seed);
        let setup = Setup::draw(&mut draws);
        run(&setup, &mut draws, 14, |tracker, known, observed| {
            check_state(&setup, tracker, known);
            check_order(&observed.moves);
            for step in &observed.moves {
                check_move(&setup, known, step);
            }
            if let Some(correction) = &observed.correction {
                for step in &correction.known {
                    check_move(&setup, known, step);
                }
                let before = &known[..known.len() - 1];
                for step in &correction.believed {
                    check_move(&setup, before, step);
                }
            }
        });
    }

    #[test]
    fn memberships_answer_as_known_then_and_now(seed in any::<u64>()) {
        let mut draws = uniform(seed);
        let setup = Setup::draw(&mut draws);
        let mut memberships = Memberships::new();
        let (tracker, known) = run(&setup, &mut draws, 14, |_, _, observed| {
            memberships.absorb_all(observed).unwrap();
        });
        let end = tracker.now().unwrap().micros();
        let mut n_members = vec![0; tracker.counts().len()];
        for _ in 0..120 {
            let grain = [HOUR, HOUR / 4, 1][below(&mut draws, 3)];
            let at = |part: f64| Timestamp::from_micros((part * end as f64) as i64 / grain * grain);
            let (a, b) = (at(draws()), at(draws()));
            let (valid_at, known_at) = (a.min(b), a.max(b));
            let then = |k: &Known| k.known_at <= known_at;
            let mut of_segment: Vec<Vec<CustomerIdx>> = vec![Vec::new(); n_members.len()];
            for customer in customers() {
                let expected = setup.segment(setup.measures(&known, customer, valid_at, then));
                let found = memberships.segment_of(customer, valid_at, known_at);
                prop_assert_eq!(found, expected, "{} at {} known {}", customer, valid_at, known_at);
                of_segment.extend(None::<Vec<_>>);
                if let Some(segment) = expected {
                    of_segment[segment.index()].push(customer);
                }
                let stay = memberships.history(customer, known_at).into_iter().find(|stay| {
                    stay.from <= valid_at && stay.to.is_none_or(|to| valid_at < to)
                });
                prop_assert_eq!(stay.map(|stay| stay.segment), expected);
                prop_assert_eq!(memberships.segment_of(customer, known_at + Span::micros(1), known_at), None);
            }
            for (segment, expected) in SegmentIdx::all(n_members.len()).zip(of_segment) {
                n_members[segment.index()] += expected.len();
                prop_assert_eq!(memberships.members(segment, valid_at, known_at), expected);
            }
        }
        let now = tracker.now().unwrap();
        prop_assert!(memberships.at(now, now).eq(tracker.snapshot()));
        let rows: Vec<_> = memberships.rows().copied().collect();
        prop_assert_eq!(Memberships::try_from(rows).unwrap(), memberships);
    }

    #[test]
    fn the_next_move_comes_when_foretold(seed in any::<u64>()) {
        let mut draws = uniform(seed);
        let setup = Setup::draw(&mut draws);
        let mut left = 12;
        run(&setup, &mut draws, 8, |tracker, _, _| {
            left -= 1;
            if left < 0 {
                return;
            }
            for customer in customers() {
                let Some(state) = tracker.state_of(customer) else { continue };
                let far = tracker.now().unwrap() + Span::days(60);
                let mut ahead = tracker.clone();
                let moves = ahead.advance_to(far).unwrap();
                let first = moves.iter().find(|step| step.customer == customer);
                let found = state.next.filter(|next| next.at <= far).map(|next| (next.at, next.to));
                assert_eq!(found, first.map(|step| (step.at, step.to)));
                assert!(tracker.outlook(far).eq(ahead.snapshot()));
            }
        });
    }

    #[test]
    fn a_restored_or_merged_tracker_goes_on_as_before(seed in any::<u64>()) {
        let mut draws = uniform(seed);
        let setup = Setup::draw(&mut draws);
        let new = || SegmentTracker::new(setup.model.clone(), setup.zone, setup.tracking).unwrap();
        let (mut whole, mut shards) = (new(), [new(), new()]);
        let stream = setup.stream(&mut draws, 16);
        let half = below(&mut draws, stream.len());
        for &(customer, line) in &stream[..half] {
            let mut expected = whole.observe(customer, line);
            let own = shards[customer.index() % 2].observe(customer, line);
            prop_assert_eq!(expected.is_ok(), own.is_ok());
            if let (Ok(expected), Ok(own)) = (&mut expected, own) {
                let other = &mut shards[1 - customer.index() % 2];
                let mut moves = own.moves;
                moves.extend(other.advance_to(whole.now().unwrap()).unwrap());
                moves.sort_by_key(|step| (step.at, step.cause != Cause::Time, step.customer));
                prop_assert_eq!(&expected.moves, &moves);
                prop_assert_eq!(&expected.correction, &own.correction);
            }
        }
        let [mut merged, other] = shards;
        merged.merge(&other).unwrap();
        let restored = SegmentTracker::restore(whole.state(), setup.zone).unwrap();
        prop_assert_eq!(restored.state(), whole.state());
        for mut tracker in [merged, restored] {
            let mut whole = whole.clone();
            prop_assert!(tracker.snapshot().eq(whole.snapshot()));
            prop_assert_eq!(tracker.counts(), whole.counts());
            for &(customer, line) in &stream[half..] {
                let (expected, found) = (whole.observe(customer, line), tracker.observe(customer, line));
                match (expected, found) {
                    (Ok(expected), Ok(found)) => prop_assert_eq!(expected, found),
                    (Err(expected), Err(found)) => {
                        prop_assert_eq!(expected.to_string(), found.to_string());
                    }
                    (expected, found) => prop_assert!(false, "{:?} and {:?}", expected, found),
                }
                prop_assert_eq!(tracker.state_of(customer), whole.state_of(customer));
            }
            let far = whole.now().unwrap_or_default() + Span::days(30);
            prop_assert_eq!(tracker.advance_to(far).unwrap(), whole.advance_to(far).unwrap());
        }
    }

    #[test]
    fn a_clock_of_its_own_makes_purchases_late(seed in any::<u64>()) {
        let mut draws = uniform(seed);
        let setup = Setup::draw(&mut draws);
        let mut tracker = SegmentTracker::new(setup.model.clone(), setup.zone, setup.tracking).unwrap();
        let (mut known, mut memberships) = (Vec::new(), Memberships::new());
        for (customer, line) in setup.stream(&mut draws, 10) {
            let delay = below(&mut draws, 30) as i64 * HOUR;
            let known_at = (line.at + Span::micros(delay)).max(tracker.now().unwrap_or(line.at));
            let before = tracker.now();
            match tracker.observe_at(known_at, customer, line) {
                Ok(observed) => {
                    known.push(Known { customer, line, known_at });
                    memberships.absorb_all(&observed).unwrap();
                    prop_assert_eq!(tracker.now(), Some(known_at));
                    check_state(&setup, &tracker, &known);
                    prop_assert!(memberships.at(known_at, known_at).eq(tracker.snapshot()));
                }
                Err(error) => {
                    prop_assert!(matches!(error.kind(), ErrorKind::TooLate { .. }), "{}", error);
                    prop_assert_eq!(tracker.now(), before);
                }
            }
        }
    }
}
