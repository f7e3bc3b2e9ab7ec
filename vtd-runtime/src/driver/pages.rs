//! Page requests on their way to a user, and the user's answers.

use argsz::{Rejection, UserMemory, refuse};
use argsz_linux::iommu::{
    IommuFault, IommuFaultArms, IommuFaultPageRequest, IommuFaultPageRequestFlags, IommuFaultPerm, IommuFaultType,
    IommuPageResponse, IommuPageResponseCode, IommuPageResponseFlags,
};
use tracing::{debug, info_span};

use super::{Driver, Failed, Process};
use crate::hw::{PageGroupResponse, PageRequest, PageResponseCode, Pqh, Pqt, Prs};
use crate::memory::Memory;
use crate::registers::{Mmio, wide};

/// Bytes of the ring: one frame, 128 requests.
const RING: u64 = 0x1000;

/// A request that a user has yet to answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pending {
    source: u16,
    /// As the unit knows it.
    pasid: u32,
    request: PageRequest,
    /// As the user was told.
    told: IommuFaultPageRequest,
}

impl<B: Mmio, M: Memory> Driver<B, M> {
    /// Empties the ring: each request goes to the user of its device, or is answered at once.
    pub fn take_page_requests(&mut self) -> Result<(), Rejection> {
        let _span = info_span!("page_requests").entered();
        self.mmio.write(Prs::OFFSET, wide(Prs::new().with_ppr(true).words()));
        // A device that asks faster than this is taken again the next time.
        for _ in 0..RING / 32 {
            let (head, tail) = (self.mmio.read(Pqh::OFFSET), self.mmio.read(Pqt::OFFSET));
            if head == tail {
                break;
            }
            let request = self.memory.load_words::<4>(self.ring + head % RING).map_err(Failed::from)?;
            self.mmio.write(Pqh::OFFSET, (head + 32) % RING);
            self.take_page_request(PageRequest::from_words(request))?;
        }
        // Now there is room again.
        self.mmio.write(Prs::OFFSET, wide(Prs::new().with_pro(true).words()));
        Ok(())
    }

    fn take_page_request(&mut self, request: PageRequest) -> Result<(), Rejection> {
        let code = match self.deliver(request) {
            Ok(()) => return Ok(()),
            Err(code) => code,
        };
        debug!(?request, ?code, "answered by the driver");
        if request.lpig() || request.pdp() { self.send_response(request, code) } else { Ok(()) }
    }

    /// Hands a request to its user, or says with what it is to be answered.
    fn deliver(&mut self, request: PageRequest) -> Result<(), PageResponseCode> {
        let source = request.rid();
        let privileged = request.privileged() && (request.rd() || request.wr());
        if !request.pp() || privileged || request.exe() && request.rd() {
            return Err(PageResponseCode::FAILURE);
        }
        let Some(binding) = self.bindings.get(&(source, request.pasid())).copied() else {
            return Err(PageResponseCode::FAILURE);
        };
        let upper = request.addr() >> 47;
        let canonical = self.cap.fl5lp() || upper == 0 || upper == 0x1_ffff;
        let listens = self.devices.get(&source).is_some_and(|device| device.info.listens);
        let full = self.events.len() >= self.setup.max_events || self.pending.len() >= self.setup.max_events;
        if !canonical || !canonical_57(request.addr()) || !listens || full {
            return Err(PageResponseCode::INVALID);
        }
        let told = as_told(request, binding.guest);
        let mut fault = IommuFault { kind: IommuFaultType::PAGE_REQ, ..IommuFault::default() };
        fault.arms = IommuFaultArms::from_prm(told);
        self.events.push_back((source, fault));
        if request.lpig() {
            self.pending.push(Pending { source, pasid: request.pasid(), request, told });
        }
        Ok(())
    }

    /// The next thing a user should know: a page request, of which device.
    pub fn next_event(&mut self) -> Option<(u16, IommuFault)> {
        self.events.pop_front()
    }

    /// Requests that await an answer.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// `iommu_page_response`: from a user's `struct iommu_page_response`.
    pub fn page_response(
        &mut self,
        process: Process,
        source: u16,
        user: &(impl UserMemory + ?Sized),
    ) -> Result<(), Rejection> {
        let _span = info_span!("page_response", source).entered();
        let mut response = IommuPageResponse::copy_from_user(user)?;
        let Some(at) = self.pending.iter().position(|pending| pending.answered_by(source, &response)) else {
            return refuse!("intel_vtd/no-request", "grpid", 16, EINVAL, "a request of the group must be pending");
        };
        let Some(pending) = self.pending.get(at).copied() else { return Ok(()) };
        if !pending.told.flags.contains(IommuFaultPageRequestFlags::PAGE_RESPONSE_NEEDS_PASID) {
            response.pasid = 0;
        }
        let outcome = self.respond(process, &pending, &response);
        // 5.10 forgets the request even if its answer was refused.
        if outcome.is_ok() || !self.strict() {
            self.pending.remove(at);
        }
        outcome
    }

    fn respond(&mut self, process: Process, pending: &Pending, response: &IommuPageResponse) -> Result<(), Rejection> {
        if !self.devices.get(&pending.source).is_some_and(|device| device.info.pci) {
            return refuse!("intel_vtd/response-no-device", "", 0, ENODEV, "a PCI device under the unit is needed");
        }
        let with_pasid = response.flags.contains(IommuPageResponseFlags::PASID_VALID);
        if !with_pasid || response.pasid == 0 || response.pasid >= 1 << 20 {
            return refuse!(
                "intel_vtd/response-pasid",
                "pasid",
                12,
                EINVAL,
                "a response has a PASID of 20 bits, not 0"
            );
        }
        let Some(binding) = self.bindings.get(&(pending.source, pending.pasid)) else {
            return refuse!("intel_vtd/response-not-bound", "pasid", 12, ENODEV, "the PASID must be bound");
        };
        if binding.process != process {
            return refuse!("intel_vtd/response-process", "", 0, EINVAL, "who bound the PASID answers for it");
        }
        let code = match (self.strict(), response.code) {
            // 5.10 puts the number of the interface on the wire, where failure is 15.
            (false, code) => PageResponseCode(u8::try_from(code.0 & 0xf).unwrap_or_default()),
            (true, IommuPageResponseCode::SUCCESS) => PageResponseCode::SUCCESS,
            (true, IommuPageResponseCode::INVALID) => PageResponseCode::INVALID,
            (true, IommuPageResponseCode::FAILURE) => PageResponseCode::FAILURE,
            (true, _) => {
                return refuse!("intel_vtd/response-code", "code", 20, EINVAL, "the code must be one of the three");
            }
        };
        if pending.request.lpig() || pending.request.pdp() {
            return self.send_response(pending.request, code);
        }
        Ok(())
    }

    fn send_response(&mut self, request: PageRequest, code: PageResponseCode) -> Result<(), Rejection> {
        let response = PageGroupResponse::new()
            .with_pp(request.pp())
            .with_pdp(request.pdp())
            .with_code(code)
            .with_rid(request.rid())
            .with_pasid(request.pasid())
            .with_lpig(request.lpig())
            .with_prgi(request.prgi())
            .with_private_0(request.private_0())
            .with_private_1(request.private_1());
        self.submit(&[response.words()], false)
    }
}

impl Pending {
    fn answered_by(&self, source: u16, response: &IommuPageResponse) -> bool {
        let needs = self.told.flags.contains(IommuFaultPageRequestFlags::PAGE_RESPONSE_NEEDS_PASID);
        let with = response.flags.contains(IommuPageResponseFlags::PASID_VALID);
        self.source == source
            && self.told.grpid == response.grpid
            && (!needs || !with || self.told.pasid == response.pasid)
    }
}

/// A request in the words of the user: with the guest's own PASID where it gave one.
fn as_told(request: PageRequest, guest: Option<u64>) -> IommuFaultPageRequest {
    let mut flags =
        IommuFaultPageRequestFlags::PAGE_REQUEST_PASID_VALID | IommuFaultPageRequestFlags::PAGE_RESPONSE_NEEDS_PASID;
    flags.set(IommuFaultPageRequestFlags::PAGE_REQUEST_LAST_PAGE, request.lpig());
    flags.set(IommuFaultPageRequestFlags::PAGE_REQUEST_PRIV_DATA, request.pdp());
    let mut perm = IommuFaultPerm::empty();
    perm.set(IommuFaultPerm::READ, request.rd());
    perm.set(IommuFaultPerm::WRITE, request.wr());
    perm.set(IommuFaultPerm::EXEC, request.exe());
    perm.set(IommuFaultPerm::PRIV, request.privileged());
    IommuFaultPageRequest {
        flags,
        pasid: guest.and_then(|guest| u32::try_from(guest).ok()).unwrap_or(request.pasid()),
        grpid: u32::from(request.prgi()),
        perm,
        addr: request.addr(),
        private_data: if request.pdp() { [request.private_0(), request.private_1()] } else { [0; 2] },
    }
}

fn canonical_57(address: u64) -> bool {
    matches!(address >> 56, 0 | 0xff)
}
