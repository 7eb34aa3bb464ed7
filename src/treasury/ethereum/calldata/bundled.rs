//! The functions that are known here by their whole signature: tokens, what tokens are lent by, and the Safe's own of every version.
//!
//! - A selector has four bytes, and anybody can find another name for one. Names come from this list and from nowhere else;
//!   a user's own ABI names only what is not in it.
//! - An argument's name is the one that the contract's own source gives it.
//!
//! <https://eips.ethereum.org/EIPS/eip-20>, <https://eips.ethereum.org/EIPS/eip-721>,
//! <https://eips.ethereum.org/EIPS/eip-1155>, <https://github.com/safe-global/safe-smart-account>

use super::function::{Function, Selector};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

macro_rules! bundled {
    ($($which:ident $text:literal;)*) => {
        /// Which of the functions that are known here.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Which {
            $(#[doc = concat!("`", $text, "`")] $which,)*
        }

        /// Every function with its text.
        pub(super) const TEXTS: &[(Which, &str)] = &[$((Which::$which, $text)),*];
    };
}

bundled! {
    // Tokens: ERC-20 and what grew around it.
    Transfer "transfer(address to,uint256 amount)";
    TransferFrom "transferFrom(address from,address to,uint256 amount)";
    Approve "approve(address spender,uint256 amount)";
    IncreaseAllowance "increaseAllowance(address spender,uint256 addedValue)";
    DecreaseAllowance "decreaseAllowance(address spender,uint256 subtractedValue)";
    IncreaseApproval "increaseApproval(address spender,uint256 addedValue)";
    DecreaseApproval "decreaseApproval(address spender,uint256 subtractedValue)";
    Permit "permit(address owner,address spender,uint256 value,uint256 deadline,uint8 v,bytes32 r,bytes32 s)";
    PermitAll "permit(address holder,address spender,uint256 nonce,uint256 expiry,bool allowed,uint8 v,bytes32 r,bytes32 s)";
    TransferAndCall "transferAndCall(address to,uint256 amount)";
    TransferAndCallData "transferAndCall(address to,uint256 amount,bytes data)";
    TransferFromAndCall "transferFromAndCall(address from,address to,uint256 amount)";
    TransferFromAndCallData "transferFromAndCall(address from,address to,uint256 amount,bytes data)";
    ApproveAndCall "approveAndCall(address spender,uint256 amount)";
    ApproveAndCallData "approveAndCall(address spender,uint256 amount,bytes data)";
    Send "send(address recipient,uint256 amount,bytes data)";
    AuthorizeOperator "authorizeOperator(address operator)";
    RevokeOperator "revokeOperator(address operator)";
    // Tokens that are not all alike: ERC-721 and ERC-1155.
    SafeTransferFrom "safeTransferFrom(address from,address to,uint256 tokenId)";
    SafeTransferFromData "safeTransferFrom(address from,address to,uint256 tokenId,bytes data)";
    SafeTransferFromMany "safeTransferFrom(address from,address to,uint256 id,uint256 amount,bytes data)";
    SafeBatchTransferFrom "safeBatchTransferFrom(address from,address to,uint256[] ids,uint256[] amounts,bytes data)";
    SetApprovalForAll "setApprovalForAll(address operator,bool approved)";
    // Wrapped coins.
    Deposit "deposit()";
    Withdraw "withdraw(uint256 wad)";
    // Permit2.
    Permit2Approve "approve(address token,address spender,uint160 amount,uint48 expiration)";
    Permit2TransferFrom "transferFrom(address from,address to,uint160 amount,address token)";
    Permit2Permit "permit(address owner,((address,uint160,uint48,uint48),address,uint256) permitSingle,bytes signature)";
    Permit2Lockdown "lockdown((address,address)[] approvals)";
    // The Safe's allowance module.
    AddDelegate "addDelegate(address delegate)";
    RemoveDelegate "removeDelegate(address delegate,bool removeAllowances)";
    SetAllowance "setAllowance(address delegate,address token,uint96 allowanceAmount,uint16 resetTimeMin,uint32 resetBaseMin)";
    ResetAllowance "resetAllowance(address delegate,address token)";
    DeleteAllowance "deleteAllowance(address delegate,address token)";
    // A Safe's own.
    Setup "setup(address[] _owners,uint256 _threshold,address to,bytes data,address fallbackHandler,address paymentToken,uint256 payment,address paymentReceiver)";
    SetupOf100 "setup(address[] _owners,uint256 _threshold,address to,bytes data,address paymentToken,uint256 payment,address paymentReceiver)";
    SetupOf010 "setup(address[] _owners,uint256 _threshold,address to,bytes data)";
    ExecTransaction "execTransaction(address to,uint256 value,bytes data,uint8 operation,uint256 safeTxGas,uint256 baseGas,uint256 gasPrice,address gasToken,address refundReceiver,bytes signatures)";
    ExecFromModule "execTransactionFromModule(address to,uint256 value,bytes data,uint8 operation)";
    ExecFromModuleReturnData "execTransactionFromModuleReturnData(address to,uint256 value,bytes data,uint8 operation)";
    AddOwner "addOwnerWithThreshold(address owner,uint256 _threshold)";
    RemoveOwner "removeOwner(address prevOwner,address owner,uint256 _threshold)";
    SwapOwner "swapOwner(address prevOwner,address oldOwner,address newOwner)";
    ChangeThreshold "changeThreshold(uint256 _threshold)";
    EnableModule "enableModule(address module)";
    DisableModule "disableModule(address prevModule,address module)";
    SetGuard "setGuard(address guard)";
    SetModuleGuard "setModuleGuard(address moduleGuard)";
    SetFallbackHandler "setFallbackHandler(address handler)";
    ChangeMasterCopy "changeMasterCopy(address _masterCopy)";
    ApproveHash "approveHash(bytes32 hashToApprove)";
    RequiredTxGas "requiredTxGas(address to,uint256 value,bytes data,uint8 operation)";
    SimulateAndRevert "simulateAndRevert(address targetContract,bytes calldataPayload)";
    Simulate "simulate(address targetContract,bytes calldataPayload)";
    SimulateTx "simulate(address to,uint256 value,bytes data,uint8 operation)";
    // What the extensible fallback handler of 1.5.0 is told by a Safe.
    SetSafeMethod "setSafeMethod(bytes4 selector,bytes32 newMethod)";
    SetDomainVerifier "setDomainVerifier(bytes32 domainSeparator,address newVerifier)";
    SetSupportedInterface "setSupportedInterface(bytes4 interfaceId,bool supported)";
    AddSupportedInterfaceBatch "addSupportedInterfaceBatch(bytes4 _interfaceId,bytes32[] handlerWithSelectors)";
    RemoveSupportedInterfaceBatch "removeSupportedInterfaceBatch(bytes4 _interfaceId,bytes4[] selectors)";
    // Factories of Safes.
    CreateProxy "createProxy(address singleton,bytes data)";
    CreateProxyWithNonce "createProxyWithNonce(address _singleton,bytes initializer,uint256 saltNonce)";
    CreateProxyWithCallback "createProxyWithCallback(address _singleton,bytes initializer,uint256 saltNonce,address callback)";
    CreateChainProxyWithNonce "createChainSpecificProxyWithNonce(address _singleton,bytes initializer,uint256 saltNonce)";
    CreateProxyWithNonceL2 "createProxyWithNonceL2(address _singleton,bytes initializer,uint256 saltNonce)";
    CreateChainProxyWithNonceL2 "createChainSpecificProxyWithNonceL2(address _singleton,bytes initializer,uint256 saltNonce)";
    CreateAndAddModules "createAndAddModules(address proxyFactory,bytes data)";
    // What a Safe runs by delegatecall.
    MultiSend "multiSend(bytes transactions)";
    SignMessage "signMessage(bytes _data)";
    PerformCreate "performCreate(uint256 value,bytes deploymentData)";
    PerformCreate2 "performCreate2(uint256 value,bytes deploymentData,bytes32 salt)";
    MigrateSingleton "migrateSingleton()";
    MigrateWithFallbackHandler "migrateWithFallbackHandler()";
    MigrateL2Singleton "migrateL2Singleton()";
    MigrateL2WithFallbackHandler "migrateL2WithFallbackHandler()";
    MigrateToL2 "migrateToL2(address l2Singleton)";
    MigrateFromV111 "migrateFromV111(address l2Singleton,address fallbackHandler)";
    SetupToL2 "setupToL2(address l2Singleton)";
}

/// The functions by their selectors.
static BY_SELECTOR: LazyLock<HashMap<Selector, Arc<Function>>> = LazyLock::new(|| {
    let functions = TEXTS.iter().filter_map(|(which, text)| Function::bundled(*which, text));
    functions.map(|function| (function.selector(), Arc::new(function))).collect()
});

/// The function that a selector stands for, among those known here.
pub fn known(selector: Selector) -> Option<&'static Arc<Function>> {
    BY_SELECTOR.get(&selector)
}

/// The functions by what they are.
static BY_WHICH: LazyLock<HashMap<Which, Arc<Function>>> = LazyLock::new(|| {
    let functions = BY_SELECTOR.values().filter_map(|function| Some((function.which()?, function.clone())));
    functions.collect()
});

/// A function of those known here.
pub fn of(which: Which) -> Option<&'static Arc<Function>> {
    BY_WHICH.get(&which)
}

/// Every selector that is known here.
#[cfg(test)]
pub(in crate::treasury::ethereum) fn selectors() -> Vec<Selector> {
    let mut selectors: Vec<_> = BY_SELECTOR.keys().copied().collect();
    selectors.sort_unstable();
    selectors
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_text_is_read_and_no_two_have_one_selector() {
        assert_eq!(BY_SELECTOR.len(), TEXTS.len());
        for (which, text) in TEXTS {
            let function = Function::bundled(*which, text).unwrap();
            assert_eq!(known(function.selector()).unwrap().which(), Some(*which), "{text}");
            assert_eq!(of(*which), known(function.selector()));
        }
        let selector = |which| BY_SELECTOR.values().find(|f| f.which() == Some(which)).unwrap().selector();
        // As the published contracts have them.
        assert_eq!(selector(Which::MultiSend), [0x8d, 0x80, 0xff, 0x0a]);
        assert_eq!(selector(Which::ExecTransaction), [0x6a, 0x76, 0x12, 0x02]);
        assert_eq!(selector(Which::SetModuleGuard), [0xe0, 0x68, 0xdf, 0x37]);
        assert_eq!(selector(Which::Permit), [0xd5, 0x05, 0xac, 0xcf]);
        assert_eq!(selector(Which::PermitAll), [0x8f, 0xcb, 0xaf, 0x0c]);
        assert_eq!(selector(Which::Permit2Approve), [0x87, 0x51, 0x7c, 0x45]);
        assert_eq!(selector(Which::Permit2Permit), [0x2b, 0x67, 0xb5, 0x70]);
        assert_eq!(selector(Which::SetAllowance), [0xbe, 0xae, 0xb3, 0x88]);
        assert_eq!(selector(Which::Setup), [0xb6, 0x3e, 0x80, 0x0d]);
    }
}
