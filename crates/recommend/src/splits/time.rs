//! Splits at moments in time.

use patronage_core::{
    CustomerIdx, During, InteractionTable, Interactions, Purchases, Timestamp, Weight, Window,
};

use super::divide::{Side, divide};
use super::{Split, require_times};
use crate::error::{Error, ErrorKind, require};
use crate::evaluate::HeldOut;

impl Split {
    /// Global time: what happened before `cut` is training and history, what happened at or after it is the test.
    ///
    /// Requests are made as of `cut`; customers who are new after it ask with an empty history.
    /// Interactions keep one time a pair, the last: an item bought before the cut and again after
    /// it is a target and leaves the training data. [`at_purchases`](Self::at_purchases) keeps both.
    /// O(interactions).
    ///
    /// # Errors
    ///
    /// When a customer has items without times.
    pub fn at<I: Interactions + ?Sized>(data: &I, cut: Timestamp) -> Result<Self, Error> {
        let training = Window { start: Timestamp::MIN, end: cut };
        Self::windows(data, training, Window { start: cut, end: Timestamp::MAX })
    }

    /// Global time: the purchases before `cut` are training and history, those at or after it are the test.
    ///
    /// # Errors
    ///
    /// When the purchases name no items, or a weight leaves the range of `f32`.
    pub fn at_purchases<P: Purchases + ?Sized>(
        data: &P,
        cut: Timestamp,
        weight: Weight,
    ) -> Result<Self, Error> {
        let training = Window { start: Timestamp::MIN, end: cut };
        let test = Window { start: cut, end: Timestamp::MAX };
        Self::windows_of_purchases(data, training, test, weight)
    }

    /// One window to learn from, and a later one to be tested on.
    ///
    /// Requests are made as of the start of the test: everything before it is known to them, also
    /// what lies before `training` or between the two. What lies after the test is outside and
    /// counted. As [`at`](Self::at), it knows the last time of each pair only. O(interactions).
    ///
    /// # Errors
    ///
    /// When the test starts before the training window ends, a window is empty, or a customer has
    /// items without times.
    pub fn windows<I: Interactions + ?Sized>(
        data: &I,
        training: Window,
        test: Window,
    ) -> Result<Self, Error> {
        in_order(training, test)?;
        require_times(data)?;
        divide(data, |customer, sides, at| {
            for (side, &at) in sides.iter_mut().zip(at) {
                *side = match at {
                    at if training.contains(at) => Side::Training,
                    at if at < test.start => Side::History,
                    at if test.contains(at) => Side::Target,
                    _ => Side::Outside,
                };
            }
            Some((Some(customer), test.start))
        })
    }

    /// [`windows`](Self::windows) of purchases: what was bought in both windows is known and a target.
    ///
    /// # Errors
    ///
    /// When the test starts before the training window ends, a window is empty, the purchases name
    /// no items, or a weight leaves the range of `f32`.
    pub fn windows_of_purchases<P: Purchases + ?Sized>(
        data: &P,
        training: Window,
        test: Window,
        weight: Weight,
    ) -> Result<Self, Error> {
        in_order(training, test)?;
        let known = During::before(data, test.start);
        let held_out = HeldOut::from_purchases(&known, &During::new(data, test), test.start)?;
        let after = |customer| {
            let at = data.history(customer).at();
            at.len() - at.partition_point(|&at| at < test.end)
        };
        let n_outside = CustomerIdx::all(data.n_customers()).map(after).sum::<usize>();
        let training = InteractionTable::from_purchases(&During::new(data, training), weight)?;
        Ok(Self { training, held_out, n_outside })
    }
}

fn in_order(training: Window, test: Window) -> Result<(), Error> {
    for (parameter, window) in [("training window", training), ("test window", test)] {
        let length = (window.end - window.start).as_days();
        require(window.start < window.end, parameter, "a length above 0 (in days)", length)?;
    }
    if test.start < training.end {
        let (earliest, found) = (training.end, test.start);
        return Err(ErrorKind::TestWindow { earliest, found }.into());
    }
    Ok(())
}
