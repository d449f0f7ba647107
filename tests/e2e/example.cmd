@echo off
rem clones.cmd BASE FOLDER COUNT: makes FOLDER\job-1.vhdx, FOLDER\job-2.vhdx and
rem so on of BASE, each a clone, or a copy where the volume cannot clone.
rem Exit code 0: all of them are there.
setlocal
for /L %%i in (1,1,%~3) do (
    call :clone "%~1" "%~2\job-%%i.vhdx"
    if errorlevel 1 goto failed
)
echo %~3 disks are ready
exit /b 0

:clone
reflink --reflink=always -q -f %1 %2
rem 3 says that it could not be cloned. All else is a success or an error.
if not %errorlevel% == 3 exit /b %errorlevel%
echo %2 becomes a copy and takes its whole size
reflink -q -f %1 %2
exit /b %errorlevel%

:failed
echo no more disks: reflink has failed
exit /b 1
