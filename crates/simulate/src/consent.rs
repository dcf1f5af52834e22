//! What customers consent to.

use std::io::Write;

use patronage_core::{CustomerIdx, Timestamp};
use rand::RngExt;

use crate::error::Error;
use crate::file::write_instant;
use crate::simulation::{CHANNELS, Simulation};
use crate::streams::{Purpose, stream};
use crate::truth::CustomerTruth;

/// What a customer said about a channel.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Consent {
    /// She may be contacted.
    Granted,
    /// She may not.
    Refused,
}

/// What a customer said about a channel, and when; the last word counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ConsentRecord {
    /// Who said it.
    pub customer: CustomerIdx,
    /// The position of the channel among [`CHANNELS`].
    pub channel: usize,
    /// What she said.
    pub consent: Consent,
    /// When.
    pub at: Timestamp,
}

/// Channels on which nobody is contacted without consent, by position, with the share of customers
/// who grant it, of those who refuse it, and of those who take a grant back; the others say nothing.
const ASKED: [(usize, f64, f64, f64); 2] = [(2, 0.55, 0.10, 0.15), (3, 0.20, 0.15, 0.10)];

impl Simulation {
    /// What a customer said about e-mail and phone, channel by channel in time order; nobody is
    /// asked about the others.
    #[must_use]
    pub fn consents(&self, truth: &CustomerTruth) -> Vec<ConsentRecord> {
        let customer = truth.customer;
        let rng = &mut stream(self.shop.seed, Some(customer.get()), Purpose::Consent);
        let joined = self.clock.days(truth.joined);
        let rest = (f64::from(self.shop.days) - joined).max(0.0);
        let mut records = Vec::new();
        for (channel, grants, refuses, withdraws) in ASKED {
            let says = rng.random::<f64>();
            let (second_thoughts, when) = (rng.random::<f64>(), rng.random::<f64>());
            let mut record = |consent, at| {
                records.push(ConsentRecord { customer, channel, consent, at });
            };
            if says < grants {
                record(Consent::Granted, truth.joined);
                if second_thoughts < withdraws {
                    record(Consent::Refused, self.clock.instant(joined + when * rest));
                }
            } else if says < grants + refuses {
                record(Consent::Refused, truth.joined);
            }
        }
        records
    }

    /// Writes every consent record as CSV: `customer,channel,granted,at`, where `granted` is 1 or 0
    /// and `at` is `YYYY-MM-DD HH:MM:SS` in UTC. Gives back the number of records.
    ///
    /// Constant memory; O(customers).
    ///
    /// # Errors
    ///
    /// When `out` cannot be written to.
    pub fn write_consents<W: Write>(&self, mut out: W) -> Result<u64, Error> {
        out.write_all(b"customer,channel,granted,at\n")?;
        let mut n_records = 0;
        let mut row = Vec::new();
        for customer in 0..self.shop.n_customers {
            let (truth, _) = self.life(CustomerIdx::new(customer));
            for record in self.consents(&truth) {
                row.clear();
                let granted = u8::from(record.consent == Consent::Granted);
                let id = crate::customer::customer_id(record.customer);
                write!(row, "{id},{},{granted},", CHANNELS[record.channel])?;
                write_instant(&mut row, record.at)?;
                row.push(b'\n');
                out.write_all(&row)?;
                n_records += 1;
            }
        }
        out.flush()?;
        Ok(n_records)
    }
}
