//! Why an action was chosen or not, in words.

use patronage_core::ActionIdx;

use crate::decisions::{Decision, Decisions};

impl Decisions<'_> {
    /// What became of each of one customer's rows.
    pub(crate) fn outcomes(&self, position: usize, rows: &[Decision]) -> Vec<String> {
        let chosen: Vec<&Decision> = rows.iter().filter(|row| row.chosen).collect();
        let free = self.best_plan(position);
        rows.iter()
            .map(|row| {
                if row.chosen {
                    self.why_chosen(position, row, rows)
                } else {
                    format!("not chosen: {}", self.why_not(position, row, &chosen, &free, rows))
                }
            })
            .collect()
    }

    fn why_chosen(&self, position: usize, row: &Decision, rows: &[Decision]) -> String {
        let net = row.net;
        // What builds on an action is no rival of it.
        let beaten = |other: &&Decision| {
            !other.chosen
                && other.eligible.is_eligible()
                && self.unmet(position, other, &[]).is_none()
        };
        match rows.iter().filter(beaten).find(|other| other.rank > row.rank) {
            Some(next) if next.net > 0.0 => {
                format!("chosen: net {net:.4} beats {}", self.named(next))
            }
            _ => format!("chosen: net {net:.4} beats doing nothing"),
        }
    }

    fn why_not(
        &self,
        position: usize,
        row: &Decision,
        chosen: &[&Decision],
        free: &[ActionIdx],
        rows: &[Decision],
    ) -> String {
        if !row.eligible.is_eligible() {
            return "not eligible".to_owned();
        }
        if row.net <= 0.0 {
            return format!(
                "it is expected to earn {:.4} and costs {}, so doing nothing is no worse",
                row.impact, row.cost
            );
        }
        let terms = self.catalogue().action(row.action);
        if let Some(required) = self.unmet(position, row, chosen) {
            let id = self.catalogue().action(required).id();
            return format!("it requires {id:?}, which she is not and was not given");
        }
        if free.contains(&row.action) {
            return self.dropped(row, chosen);
        }
        let excluded = chosen.iter().find(|other| terms.excludes().contains(&other.action));
        if let Some(other) = excluded {
            return format!("never together with {}, which is given", self.named(other));
        }
        let limit = self.catalogue().actions_per_customer();
        match (chosen.first(), rows.iter().find(|other| free.contains(&other.action))) {
            (Some(_), _) => {
                let ids: Vec<String> = chosen.iter().map(|other| self.named(other)).collect();
                format!("beaten by {}, at most {limit} a customer", ids.join(" and "))
            }
            (None, Some(better)) => {
                format!("beaten by {}, which the budget dropped", self.named(better))
            }
            (None, None) => "no plan of hers takes it".to_owned(),
        }
    }

    /// An action that the row requires, and that is neither given nor was given before.
    fn unmet(&self, position: usize, row: &Decision, chosen: &[&Decision]) -> Option<ActionIdx> {
        let is_chosen = |action: ActionIdx| chosen.iter().any(|other| other.action == action);
        let requires = self.catalogue().action(row.action).requires().iter().copied();
        let mut unmet = requires
            .filter(|&required| !is_chosen(required) && !self.desk.was_given(position, required));
        unmet.next()
    }

    /// It is in her best plan, and the budget does not reach.
    fn dropped(&self, row: &Decision, chosen: &[&Decision]) -> String {
        let mut text = "dropped by the budget".to_owned();
        let worth = self.catalogue().action(row.action).weight() * row.net;
        if let Some(margin) = self.summary().marginal_return.filter(|_| row.cost.ticks() > 0) {
            let own = worth / row.cost.as_f64();
            text += &format!(
                ": it earns {own:.3} for each 1 spent, the budget's last unit {margin:.3}"
            );
        }
        if let Some(other) = chosen.first() {
            text += &format!("; {} is given instead", self.named(other));
        }
        text
    }

    fn named(&self, row: &Decision) -> String {
        let action = self.catalogue().action(row.action);
        if action.weight() == 1.0 {
            format!("{:?} (net {:.4})", action.id(), row.net)
        } else {
            format!("{:?} (net {:.4}, weight {})", action.id(), row.net, action.weight())
        }
    }
}
