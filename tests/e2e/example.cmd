@echo off
rem clones.cmd BASE FOLDER COUNT: creates FOLDER\job-1.vhdx and so on as clones
rem of BASE, or copies where the volume cannot clone. Exit code 0: all exist.
setlocal
for /L %%i in (1,1,%~3) do (
    call :clone "%~1" "%~2\job-%%i.vhdx"
    if errorlevel 1 goto failed
)
echo %~3 disks are ready
exit /b 0

:clone
reflink --reflink=always -q -f %1 %2
rem 3: it could not be cloned. Anything else is a success or an error.
if not %errorlevel% == 3 exit /b %errorlevel%
echo %2 becomes a copy and takes its whole size
reflink -q -f %1 %2
exit /b %errorlevel%

:failed
echo stopped: reflink failed
exit /b 1
