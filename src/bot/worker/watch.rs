//! The one who asks a sleeping endpoint on behalf of all who wait for it.

use super::ChatWorker;
use crate::bot::asleep::Step;
use crate::bot::job::{ChatJob, Work};
use crate::bot::search_job::report::Report;
use crate::log::events;
use crate::search::Reason;

impl ChatWorker {
    /// Asks a sleeping endpoint again for all who wait, until [`super::Tools::stop_waiting`].
    pub fn watch_asleep(&self) {
        loop {
            self.part.rest();
            match self.tools.waiting.next() {
                Step::End => return,
                Step::TellStillAsleep(late) => self.tell_still_asleep(late),
                Step::Ask(search) => match self.ask_endpoint(&search) {
                    Err(failure) if failure.reason == Reason::SpaceAsleep => {
                        self.tools.waiting.pause(failure.retry_after);
                    }
                    // Whatever it says now, each search is to hear for itself.
                    Ok(_) | Err(_) => self.go_on_awake(),
                },
            }
        }
    }

    fn tell_still_asleep(&self, mut late: Vec<ChatJob>) {
        for job in &mut late {
            let (update, chat) = (job.update, job.chat());
            if let Work::Search(work) = &mut job.work {
                Report::DidNotWakeUp.log(update, chat);
                work.job.wait_no_longer();
            }
        }
        self.tools.queue.put_back(late);
        self.tools.waiting.back_in_the_queue();
        if self.tools.waiting.is_empty() {
            self.tools.status.awake();
        }
    }

    fn go_on_awake(&self) {
        let jobs = self.tools.waiting.release();
        self.tools.status.awake();
        tracing::info!(
            message_id = events::ENDPOINT_AWAKE,
            "the endpoint is awake; {} searches go on",
            jobs.len()
        );
        self.tools.queue.put_back(jobs);
        self.tools.waiting.back_in_the_queue();
    }
}
